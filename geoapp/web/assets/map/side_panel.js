/** The column beside the map: tabs for layers, filter and list, and whether it is there at all. */

export class SidePanel {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} toggle
   * @param {import("./map_view.js").MapView} view
   * @param {(shift: number) => void} onLayout the map's left edge moved by so many pixels
   */
  constructor(root, toggle, view, onLayout) {
    this.root = root;
    this.toggle = toggle;
    this.view = view;
    this.onLayout = onLayout;
    this.tabs = [...root.querySelectorAll("[data-tab]")];
    toggle.addEventListener("click", () => this.setOpen(!this.isOpen));
    for (const tab of this.tabs) tab.addEventListener("click", () => this.show(tab.dataset.tab));
    root.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.onKey(event));
  }

  get isOpen() {
    return !this.root.hidden;
  }

  get shown() {
    return this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true").dataset.tab;
  }

  setOpen(isOpen, { isSilent = false } = {}) {
    const container = this.view.map.getContainer();
    const before = container.getBoundingClientRect().left;
    this.root.hidden = !isOpen;
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    if (isSilent) this.view.map.invalidateSize({ pan: false });
    else this.onLayout(container.getBoundingClientRect().left - before);
  }

  /** Bring one tab to the front, opening the column where it is closed. */
  show(id) {
    if (!this.isOpen) this.setOpen(true);
    for (const tab of this.tabs) {
      const isShown = tab.dataset.tab === id;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isShown;
    }
    this.root.dispatchEvent(new CustomEvent("tab", { detail: id }));
  }

  /** A short mark beside a tab's word, such as the number of conditions; empty takes it away. */
  mark(id, text) {
    const mark = this.tabs.find((tab) => tab.dataset.tab === id).querySelector("[data-mark]");
    mark.textContent = text;
    mark.hidden = !text;
  }

  onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (this.tabs.findIndex((tab) => tab.dataset.tab === this.shown) + step + this.tabs.length) % this.tabs.length;
    this.show(this.tabs[next].dataset.tab);
    this.tabs[next].focus();
  }
}
