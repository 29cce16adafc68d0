/** The height of the table: dragged by its upper edge or moved by keys, kept in this browser. */

import { readText, writeText } from "./storage.js";

const KEPT = "geoapp.table.height";
const LOWEST = 160;
const MAP_LEFT = 140; // of the map stays in sight
const STEP = 40;

export class TableHeight {
  /**
   * @param {HTMLElement} panel
   * @param {HTMLElement} handle
   * @param {() => void} onResize
   */
  constructor(panel, handle, onResize) {
    Object.assign(this, { panel, handle, onResize });
    handle.addEventListener("pointerdown", (event) => this.onPress(event));
    handle.addEventListener("keydown", (event) => this.onKey(event));
    window.addEventListener("resize", () => { if (!panel.hidden) this.set(this.wanted); });
  }

  get highest() {
    return Math.max(LOWEST, this.panel.parentElement.clientHeight - MAP_LEFT);
  }

  /** The kept height, as far as the window allows; measured once the panel is shown. */
  restore() {
    const kept = Number(readText(KEPT));
    this.set(kept > 0 ? kept : Math.round(this.panel.parentElement.clientHeight * 0.42));
  }

  set(height) {
    this.wanted = height;
    const fitting = Math.round(Math.min(this.highest, Math.max(LOWEST, height)));
    this.panel.style.height = `${fitting}px`;
    this.handle.setAttribute("aria-valuemin", String(LOWEST));
    this.handle.setAttribute("aria-valuemax", String(this.highest));
    this.handle.setAttribute("aria-valuenow", String(fitting));
  }

  keep() {
    writeText(KEPT, String(this.panel.offsetHeight));
    this.onResize();
  }

  onPress(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.handle.setPointerCapture(event.pointerId);
    const foot = this.panel.getBoundingClientRect().bottom;
    const move = ({ clientY }) => this.set(foot - clientY);
    const release = () => {
      this.handle.removeEventListener("pointermove", move);
      this.keep();
    };
    this.handle.addEventListener("pointermove", move);
    this.handle.addEventListener("lostpointercapture", release, { once: true });
  }

  onKey(event) {
    const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
    const edge = { Home: LOWEST, End: this.highest }[event.key];
    if (!step && edge === undefined) return;
    event.preventDefault();
    this.set(edge ?? this.panel.offsetHeight + step);
    this.keep();
  }
}
