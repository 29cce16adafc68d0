/** The plots that are selected, by key; everybody who shows them hears of changes. */

export class SelectionSet {
  /** @param {(changed: string[]) => void} onChange which keys came or went */
  constructor(onChange) {
    this.onChange = onChange;
    this.keys = new Set();
  }

  get size() {
    return this.keys.size;
  }

  has(key) {
    return this.keys.has(key);
  }

  set(keys) {
    const wanted = new Set(keys);
    const gone = [...this.keys].filter((key) => !wanted.has(key));
    const come = [...wanted].filter((key) => !this.keys.has(key));
    this.keys = wanted;
    this.tell([...gone, ...come]);
  }

  add(keys) {
    const come = [...new Set(keys)].filter((key) => !this.keys.has(key));
    for (const key of come) this.keys.add(key);
    this.tell(come);
  }

  remove(keys) {
    this.tell([...keys].filter((key) => this.keys.delete(key)));
  }

  toggle(key) {
    if (!this.keys.delete(key)) this.keys.add(key);
    this.tell([key]);
  }

  clear() {
    this.set([]);
  }

  tell(changed) {
    if (changed.length) this.onChange(changed);
  }
}
