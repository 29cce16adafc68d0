/** Which register's shapes are edited: chosen in the panel, or by the record that is clicked. */

const HINTS = {
  reshape: { polygon: "拖动顶点；拖动边的中点加点；右键或 Delete 删点。", line: "拖动顶点；拖动线段的中点加点；右键或 Delete 删点。", point: "拖动这个点。" },
  draw: { polygon: "画完边界后还可以拖动顶点。", line: "画完后还可以拖动顶点。", point: "单击位置后还可以拖动。" },
  split: { polygon: "画一条线穿过地块，从地块外到地块外。" },
  merge: { polygon: "先用“选择”选中相连的地块。" },
};
const NOUNS = { polygon: "图形", line: "线", point: "点" };

export class EditRegisters {
  /**
   * @param {HTMLSelectElement} root
   * @param {() => void} onChange by the user
   */
  constructor(root, onChange) {
    this.root = root;
    root.addEventListener("change", onChange);
  }

  get id() {
    return this.root.value;
  }

  get title() {
    return this.root.selectedOptions[0].textContent;
  }

  /** "polygon", "line" or "point". */
  get kind() {
    return this.root.selectedOptions[0].dataset.kind;
  }

  get noun() {
    return NOUNS[this.kind];
  }

  get isPlots() {
    return this.id === "plots";
  }

  has(id) {
    return [...this.root.options].some(({ value }) => value === id);
  }

  choose(id) {
    if (this.has(id)) this.root.value = id;
  }

  hint(mode) {
    return HINTS[mode][this.kind];
  }
}

/** Where a record's page is; its form is below it. */
export const recordAddress = (register, key) => `/records/${register}/${key.split("/").map(encodeURIComponent).join("/")}`;
