/** Ticking codes: a list of checkboxes with Chinese words, with a search box where it is long. */

import { el } from "../../page.js";

const LONG_LIST = 12;

/**
 * @param {object} field codes is a Map of words by value
 * @param {string[]} values ticked
 * @param {string} label for screen readers
 * @param {(values: string[]) => void} onChange
 * @returns {HTMLElement}
 */
export function codeChecks(field, values, label, onChange) {
  const chosen = new Set(values);
  const unlisted = values.filter((value) => !field.codes.has(value)).map((value) => [value, value]);
  const rows = [...field.codes, ...unlisted].map(([value, zh]) => {
    const box = el("input", { type: "checkbox", value });
    box.checked = chosen.has(value);
    return { words: `${zh}${value}`.toLowerCase(), row: el("label", { class: "code-check" }, box, el("span", {}, zh)) };
  });
  const list = el("div", { class: "code-list", role: "group", "aria-label": label }, ...rows.map(({ row }) => row));
  list.addEventListener("change", () => onChange([...list.querySelectorAll("input:checked")].map((box) => box.value)));
  if (rows.length <= LONG_LIST) return list;
  const find = el("input", { type: "search", class: "code-find", placeholder: "查找", "aria-label": `在“${label}”中查找` });
  find.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = find.value.trim().toLowerCase();
    for (const { words, row } of rows) row.hidden = !words.includes(wanted);
  });
  return el("div", { class: "code-box" }, find, list);
}

/** The words of the ticked codes. */
export function codeWords(field, values) {
  return values.map((value) => field.codes.get(value) ?? value).join("、");
}
