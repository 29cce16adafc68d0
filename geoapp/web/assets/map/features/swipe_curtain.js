/** The curtain over the map: a line with a handle, and what each side is called. */

import { el } from "../../page.js";

const STEP = 0.02;
const LARGE_STEP = 0.1;
const LEAST_PX = 120; // a narrower side has no room for its name

export class Curtain {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {() => void} onEscape
   */
  constructor(view, onEscape) {
    this.view = view;
    this.share = 0.5; // of the map's width, from the left
    this.left = [];
    this.right = [];
    this.handle = el("div", {
      class: "swipe-handle", role: "slider", tabindex: "0", "aria-label": "卷帘位置", "aria-valuemin": "0", "aria-valuemax": "100",
    }, "⇔");
    this.leftLabel = el("span", { class: "swipe-label swipe-label-left" });
    this.rightLabel = el("span", { class: "swipe-label swipe-label-right" });
    this.root = el("div", { class: "swipe-curtain" }, el("div", { class: "swipe-line" }), this.leftLabel, this.rightLabel, this.handle);
    this.handle.addEventListener("keydown", (event) => this.onKey(event, onEscape));
    this.handle.addEventListener("pointerdown", (event) => this.onPress(event));
    view.L.DomEvent.disableClickPropagation(this.handle);
    view.map.getContainer().append(this.root);
    this.update = () => this.clip();
    view.map.on("move zoomend viewreset resize", this.update);
    this.setShare(this.share);
  }

  /**
   * Say which elements are seen on which side, and what the sides are called.
   * @param {HTMLElement[]} left elements in the map's own pixels: panes, or containers of layers
   * @param {HTMLElement[]} right
   * @param {[string, string]} names
   */
  hang(left, right, names) {
    this.release();
    this.left = left;
    this.right = right;
    [this.leftLabel.textContent, this.rightLabel.textContent] = names;
    this.handle.setAttribute("aria-label", `卷帘位置，左侧${names[0]}，右侧${names[1]}`);
    this.clip();
  }

  setShare(share) {
    this.share = Math.max(0, Math.min(1, share));
    const percent = Math.round(this.share * 100);
    this.root.style.left = `${this.share * 100}%`;
    this.handle.setAttribute("aria-valuenow", String(percent));
    this.handle.setAttribute("aria-valuetext", `左侧占 ${percent}%`);
    this.clip();
  }

  /** Cut both sides at the line; panes move with the map, so the cut is made anew with every move. */
  clip() {
    const { map } = this.view;
    const size = map.getSize();
    const from = map.containerPointToLayerPoint([0, 0]);
    const to = map.containerPointToLayerPoint([size.x, size.y]);
    const line = from.x + this.share * size.x;
    const box = (west, east) => `polygon(${west}px ${from.y}px, ${east}px ${from.y}px, ${east}px ${to.y}px, ${west}px ${to.y}px)`;
    for (const element of this.left) element.style.clipPath = box(from.x, line);
    for (const element of this.right) element.style.clipPath = box(line, to.x);
    this.leftLabel.hidden = this.share * size.x < LEAST_PX;
    this.rightLabel.hidden = (1 - this.share) * size.x < LEAST_PX;
  }

  release() {
    for (const element of [...this.left, ...this.right]) element.style.clipPath = "";
    this.left = this.right = [];
  }

  remove() {
    this.release();
    this.view.map.off("move zoomend viewreset resize", this.update);
    this.root.remove();
  }

  onKey(event, onEscape) {
    const steps = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LARGE_STEP, PageUp: LARGE_STEP, Home: -1, End: 1 };
    if (event.key === "Escape") onEscape();
    else if (event.key in steps) this.setShare(this.share + steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation(); // the map would move as well
  }

  onPress(press) {
    if (press.button !== 0) return;
    press.preventDefault();
    press.stopPropagation();
    const { handle } = this;
    handle.focus();
    handle.setPointerCapture(press.pointerId);
    const box = this.view.map.getContainer().getBoundingClientRect();
    const grip = press.clientX - box.left - this.share * box.width;
    const move = (event) => this.setShare((event.clientX - box.left - grip) / box.width);
    const stop = () => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", stop, { once: true });
    handle.addEventListener("pointercancel", stop, { once: true });
  }
}
