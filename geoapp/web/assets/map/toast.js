/** Short messages at the foot of the map, with one thing to do about them. */

import { el } from "../page.js";

const SHOWN_MS = 12_000;

export class Toasts {
  constructor(region) {
    this.region = region;
    this.shown = new Map();
    const told = [...region.children].map((message) => message.textContent); // what the page came with
    region.replaceChildren();
    told.forEach((message, i) => this.show(`told-${i}`, message));
  }

  /**
   * @param {string} key one message per key
   * @param {string} message
   * @param {string} [action] words of a button
   * @param {() => void} [onAction]
   */
  show(key, message, action, onAction) {
    this.hide(key);
    const act = () => {
      this.hide(key);
      onAction();
    };
    const toast = el(
      "div",
      { class: "toast-message" },
      el("span", {}, message),
      action ? el("button", { type: "button", class: "toast-action", onclick: act }, action) : null,
      el("button", { type: "button", class: "toast-close", "aria-label": "关闭提示", onclick: () => this.hide(key) }, "×"),
    );
    this.shown.set(key, { toast, timer: setTimeout(() => this.hide(key), SHOWN_MS) });
    this.region.append(toast);
  }

  hide(key) {
    const entry = this.shown.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    entry.toast.remove();
    this.shown.delete(key);
  }
}
