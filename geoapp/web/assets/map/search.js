/** The search box: a combobox whose suggestions come from the server. */

import { el, fetchJson } from "../page.js";
import { queryText } from "./register_layer.js";

const TYPING_DELAY_MS = 180;

export class SearchBox {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(result: object) => void} onChoose
   * @param {() => string} day as of which to search; "" for now
   */
  constructor(input, list, onChoose, day = () => "") {
    this.input = input;
    this.list = list;
    this.onChoose = onChoose;
    this.day = day;
    this.results = [];
    this.active = -1;
    this.isEnterPending = false;
    this.request = null;
    input.addEventListener("input", () => this.askSoon());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("focus", () => { if (this.results.length) this.setOpen(true); });
    input.addEventListener("blur", () => this.setOpen(false));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) && !(event.target === input && this.isAllSelected)) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  /** Whether the next key would replace everything: then "/" means the box again, not a character. */
  get isAllSelected() {
    const { value, selectionStart, selectionEnd } = this.input;
    return value !== "" && selectionStart === 0 && selectionEnd === value.length;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  setOpen(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) this.setActive(-1);
  }

  askSoon() {
    clearTimeout(this.timer);
    // Answers to other words must not be chosen by a quick Enter.
    this.results = [];
    this.list.replaceChildren();
    this.setOpen(false);
    this.isEnterPending = false;
    this.timer = setTimeout(() => this.ask(), TYPING_DELAY_MS);
  }

  async ask() {
    this.request?.abort();
    clearTimeout(this.timer);
    const words = this.input.value.trim();
    if (!words) {
      this.results = [];
      this.setOpen(false);
      return;
    }
    const request = new AbortController();
    this.request = request;
    try {
      const answer = await fetchJson(`/search?${queryText({ q: words, at: this.day() })}`, { signal: request.signal });
      this.showResults(answer.results);
    } catch (error) {
      if (error.name !== "AbortError") this.showMessage(error.message);
    }
  }

  showResults(results) {
    this.results = results;
    if (!results.length) {
      this.showMessage("没有找到。可输入地块编号、名称或企业名称。");
      return;
    }
    this.list.replaceChildren(...results.map((result, i) => this.option(result, i)));
    this.setOpen(document.activeElement === this.input);
    this.setActive(0);
    if (this.isEnterPending) this.choose(0);
  }

  option(result, i) {
    const choose = (event) => {
      event.preventDefault(); // the box keeps the focus until the choice is made
      this.choose(i);
    };
    return el(
      "li",
      { id: `search-option-${i}`, role: "option", class: "search-option", onmousedown: choose },
      el("span", { class: "search-label" }, result.label),
      el("span", { class: "search-detail" }, result.detail ?? ""),
    );
  }

  showMessage(message) {
    this.results = [];
    this.list.replaceChildren(el("li", { class: "search-message", role: "option", "aria-disabled": "true" }, message));
    this.setOpen(document.activeElement === this.input);
  }

  setActive(i) {
    this.active = i;
    [...this.list.children].forEach((option, j) => option.setAttribute("aria-selected", String(i === j)));
    const option = i >= 0 ? this.list.children[i] : null;
    if (option?.id) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  choose(i) {
    const result = this.results[i];
    if (!result) return;
    this.isEnterPending = false;
    this.setOpen(false);
    this.input.select(); // the focus comes back here when the card closes, for other words
    this.onChoose(result);
  }

  onKey(event) {
    const count = this.results.length;
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.isOpen) this.setOpen(false);
      else this.input.blur();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (count) this.choose(Math.max(0, this.active));
      else {
        this.isEnterPending = true;
        this.ask();
      }
    } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      if (!this.isOpen) this.setOpen(true);
      this.setActive((this.active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    }
  }
}

/** Whether a key pressed there is text. */
export function isTyping(target) {
  return target instanceof Element && target.matches("input:not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]");
}
