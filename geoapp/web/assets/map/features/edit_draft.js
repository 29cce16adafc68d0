/** What was drawn and not stored, in this browser: it outlives a lost connection, an ended session and a closed page. */

import { el } from "../../page.js";
import { readText, writeText } from "./storage.js";

const KEY = "geoapp.draft.map";
const WORDS = { reshape: "改图形", draw: "新图形", split: "分割", merge: "合并" };

export class EditDraft {
  /**
   * @param {HTMLElement} root says that there is a draft
   * @param {(kept: object) => void} onRestore
   */
  constructor(root, onRestore) {
    this.root = root;
    this.onRestore = onRestore;
  }

  keep(work) {
    this.root.hidden = true;
    writeText(KEY, JSON.stringify({ at: Date.now(), work }));
  }

  drop() {
    this.root.hidden = true;
    writeText(KEY, "");
  }

  read() {
    try {
      const kept = JSON.parse(readText(KEY) ?? "null");
      if (kept?.work) kept.work.register ??= "plots";
      return kept;
    } catch {
      return null;
    }
  }

  /** @returns {boolean} whether there is one */
  offer() {
    const kept = this.read();
    if (!kept?.work) return false;
    const { mode, key, keys } = kept.work;
    const take = () => {
      this.root.hidden = true;
      this.onRestore(kept.work);
    };
    this.root.replaceChildren(
      el("span", {}, `本机有一份没有保存的草稿：${WORDS[mode]} ${keys?.join("、") ?? key ?? ""}（${new Date(kept.at).toLocaleString("zh-CN")}）`),
      el("button", { type: "button", class: "button", onclick: take }, "恢复草稿"),
      el("button", { type: "button", class: "button", onclick: () => this.drop() }, "丢弃"),
    );
    this.root.hidden = false;
    return true;
  }
}
