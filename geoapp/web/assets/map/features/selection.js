/** Choosing many plots: by click, box, polygon and circle. Which plots a shape hits is the server's answer. */

import { Draw } from "./draw.js";
import { drawHint } from "./draw_hint.js";
import { SelectionBar } from "./selection_bar.js";
import { asked, askSelection } from "./selection_request.js";

const MOST_IN_ADDRESS = 100;
const TOAST = "selection";

export class SelectionTools {
  constructor(page) {
    this.page = page;
    this.view = page.view;
    this.mode = "new";
    this.hint = drawHint();
    this.modes = document.getElementById("selection-mode");
    this.bar = new SelectionBar(document.getElementById("selection-bar"), page);
    for (const button of this.modes.querySelectorAll("[data-mode]")) {
      button.addEventListener("click", () => this.setMode(button.dataset.mode));
    }
    for (const button of document.querySelectorAll("[data-select]")) this.addTool(button);
    page.permalink.addPart("sel", { read: () => this.read(), apply: (text) => this.apply(text) });
    this.view.on("selection", () => page.permalink.writeSoon());
  }

  addTool(button) {
    const kind = button.dataset.select;
    const draw = new Draw(this.view, this.hint, kind, (shape) => (kind === "point" ? this.choosePlot(shape) : this.chooseShape(shape)));
    this.page.toolbar.add(`select-${kind}`, button, {
      ownsClicks: true,
      start: () => {
        draw.start();
        this.modes.hidden = kind === "point";
        if (kind === "point") this.hint.show("单击地块选中，再单击取消；键盘：移动地图后按回车。");
      },
      stop: () => {
        draw.stop();
        this.modes.hidden = true;
      },
    });
  }

  setMode(mode) {
    this.mode = mode;
    for (const button of this.modes.querySelectorAll("[data-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
  }

  /** The plot under a click goes in or out. */
  async choosePlot({ places: [[lon, lat]] }) {
    const point = this.view.map.latLngToContainerPoint([lat, lon]);
    const hit = (await this.view.featuresAt(point)).find(({ register, key }) => register === "plots" && key);
    if (hit) this.view.selection.toggle(hit.key);
    else this.page.toasts.show(TOAST, "这里没有单独画出的地块；放大后再点选，或用框选。");
  }

  async chooseShape(shape) {
    const mode = shape.isRemoving ? "remove" : shape.isAdding ? "add" : this.mode;
    try {
      await this.selectShape(shape, mode);
    } catch (error) {
      this.page.toasts.show(TOAST, error.message);
    }
  }

  /**
   * Select the plots that a shape hits.
   * @param {object} shape geometry or circle
   * @param {"new" | "add" | "remove"} [mode] what becomes of those selected before
   */
  async selectShape(shape, mode = "new") {
    const { selection } = this.view;
    this.bar.wait();
    try {
      const answer = await askSelection(this.view, { ...asked(shape), far_target: this.bar.target });
      if (mode === "add") selection.add(answer.keys);
      else if (mode === "remove") selection.remove(answer.keys);
      else this.bar.take(answer);
      if (!answer.keys.length) this.page.toasts.show(TOAST, "画的范围里没有地块。");
    } finally {
      this.bar.stopWaiting();
    }
  }

  read() {
    const { size } = this.view.selection.keys;
    if (!size || size > MOST_IN_ADDRESS) return null;
    const keys = [...this.view.selection.keys];
    return keys.every((key) => !key.includes(",")) ? keys.join(",") : null;
  }

  apply(text) {
    const keys = (text ?? "").split(",").filter(Boolean);
    const { selection } = this.view;
    if (keys.length === selection.keys.size && keys.every((key) => selection.keys.has(key))) return;
    // More than an address holds was chosen in this page; going back to such an address must not drop it.
    if (!keys.length && selection.keys.size > MOST_IN_ADDRESS) return;
    selection.set(keys);
  }
}

export function attach(page) {
  page.selectionTools = new SelectionTools(page);
}
