/** What the panel says once an edit is stored or sent, with what may be done about it next. */

import { el } from "../../page.js";
import { recordAddress } from "./edit_registers.js";

const MOST_LINKS = 4;

export class EditDone {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  hide() {
    this.root.hidden = true;
  }

  show(...children) {
    this.root.replaceChildren(...children);
    this.root.hidden = false;
  }

  /**
   * A stored edit.
   * @param {{revision: number | null, keys: string[], findings: string[]}} saved
   * @param {string} register
   * @param {() => void} onUndo
   */
  showSaved({ revision, keys, findings }, register, onUndo) {
    const words = revision ? `已存为第 ${revision} 次修订：${keys.join("、")}。` : "内容没有变化，没有改动。";
    const shown = keys.slice(0, MOST_LINKS);
    const link = (key) => el("a", { class: "button", href: `${recordAddress(register, key)}/edit` }, `填写 ${key} 的属性`);
    const back = shown.length === 1 ? el("a", { class: "button", href: recordAddress(register, shown[0]) }, "回到这条记录") : null;
    const undo = el("button", { type: "button", class: "button", "data-undo": true, onclick: onUndo }, "撤回");
    this.show(
      el("p", {}, words),
      ...findings.map((finding) => el("p", { class: "is-finding" }, finding)),
      el("div", { class: "tool-actions" }, revision ? undo : null, ...shown.map(link), back),
    );
  }

  /** What a reporter sent is not on the map before a reviewer accepts it. */
  showSent(proposal, address) {
    this.show(
      el("p", {}, `已报送，第 ${proposal} 号，待审核。审核采纳以前地图不变。`),
      el("div", { class: "tool-actions" }, el("a", { class: "button", href: address }, "看这号报送")),
    );
  }
}
