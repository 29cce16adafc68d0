/** Views of the map, by name, kept in this browser. */

import { el } from "../../page.js";
import { copyText } from "./clipboard.js";
import { PanelTool } from "./panel_tool.js";
import { isKept, readText, writeText } from "./storage.js";

const STORED = "geoapp.bookmarks";
const MOST = 100;

/** What is kept: [{name, address}], the address without the host. Anything else in its place is no bookmark. */
function readBookmarks() {
  try {
    const kept = JSON.parse(readText(STORED) ?? "[]");
    return kept.filter(({ name, address }) => typeof name === "string" && typeof address === "string" && (address.startsWith("/?") || address.startsWith("/#")));
  } catch {
    return [];
  }
}

class BookmarkTool extends PanelTool {
  constructor(page) {
    super(page, "bookmarks");
    this.form = this.part("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add(this.form.elements.name.value.trim());
    });
    this.part("copy").addEventListener("click", () => this.copy(page.permalink.address));
    window.addEventListener("storage", (event) => { if (event.key === STORED) this.show(); });
  }

  start() {
    this.show();
    this.warn(isKept() ? "" : "这个浏览器不许网页保存数据：书签只保留到关闭本页。可以复制链接另存。");
    this.form.elements.name.focus();
  }

  add(name) {
    if (!name) return;
    const bookmarks = readBookmarks().filter((bookmark) => bookmark.name !== name);
    if (bookmarks.length >= MOST) {
      this.warn(`最多 ${MOST} 个书签，请先删除不用的。`);
      return;
    }
    const { pathname, search, hash } = new URL(this.page.permalink.address);
    this.write([{ name, address: pathname + search + hash }, ...bookmarks]);
    this.form.reset();
  }

  write(bookmarks) {
    writeText(STORED, JSON.stringify(bookmarks));
    this.show();
  }

  show() {
    const bookmarks = readBookmarks();
    this.part("list").replaceChildren(...bookmarks.map((bookmark) => this.row(bookmark)));
    this.part("empty").hidden = bookmarks.length > 0;
  }

  row(bookmark) {
    const { name, address } = bookmark;
    const button = (words, onclick) => el("button", { type: "button", class: "row-action", "aria-label": `${words}：${name}`, onclick }, words);
    return el(
      "li", {},
      el("a", { class: "row-link", href: address }, name),
      el("span", { class: "row-actions" },
        button("复制链接", () => this.copy(new URL(address, window.location.href).toString())),
        button("改名", () => this.rename(bookmark)),
        button("删除", () => this.write(readBookmarks().filter((other) => other.name !== name)))),
    );
  }

  /** The name becomes a field in its place; Enter keeps, Escape leaves it. */
  rename(bookmark) {
    const i = readBookmarks().findIndex(({ name }) => name === bookmark.name);
    const row = this.part("list").children[i];
    if (!row) return;
    const input = el("input", { type: "text", maxlength: 60, "aria-label": `“${bookmark.name}”的新名称`, value: bookmark.name });
    const keep = (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.show();
      } else if (event.key === "Enter") {
        event.preventDefault();
        const name = input.value.trim();
        const others = readBookmarks().filter((other) => other.name !== bookmark.name && other.name !== name);
        if (name) this.write([...others.slice(0, i), { ...bookmark, name }, ...others.slice(i)]);
      }
    };
    input.addEventListener("keydown", keep);
    row.replaceChildren(input);
    input.focus();
    input.select();
  }

  async copy(address) {
    const isCopied = await copyText(address);
    this.page.toasts.show("copied", isCopied ? "链接已复制。" : "浏览器不许复制，请从地址栏复制。");
  }
}

export function attach(page) {
  page.bookmarks = new BookmarkTool(page);
}
