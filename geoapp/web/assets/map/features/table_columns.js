/** Which columns a register's table shows, chosen by the user and kept in this browser. */

import { el } from "../../page.js";
import { groupedFields } from "./filter_fields.js";
import { readText, writeText } from "./storage.js";

const keyOf = (register) => `geoapp.table.columns.${register}`;

export function defaultColumns(fields) {
  const names = Object.values(fields).filter((field) => field.is_default).map((field) => field.name);
  return names.length ? names : Object.keys(fields).slice(0, 10);
}

/** The chosen columns, in the catalogue's order; those that are no more are left out. */
export function readColumns(register, fields) {
  const kept = (readText(keyOf(register)) ?? "").split(",").filter((name) => name in fields);
  return kept.length ? kept : defaultColumns(fields);
}

/**
 * Fill the chooser.
 * @param {HTMLElement} body
 * @param {string} register
 * @param {Object<string, object>} fields by name
 * @param {(columns: string[]) => void} onChange
 */
export function showChooser(body, register, fields, onChange) {
  const chosen = new Set(readColumns(register, fields));
  const boxes = [];
  const take = () => {
    const columns = boxes.filter((box) => box.checked).map((box) => box.value);
    if (!columns.length) return; // a table without columns shows nothing to choose them back from
    const inOrder = Object.keys(fields).filter((name) => columns.includes(name));
    writeText(keyOf(register), inOrder.join(","));
    onChange(inOrder);
  };
  const check = (field) => {
    const box = el("input", { type: "checkbox", value: field.name });
    box.checked = chosen.has(field.name);
    boxes.push(box);
    return el("label", { class: "code-check", title: field.description || null }, box, el("span", {}, field.label));
  };
  const groups = groupedFields(fields).map(([name, members]) => el("fieldset", {}, el("legend", {}, name), ...members.map(check)));
  const reset = el("button", { type: "button", class: "filter-link" }, "恢复默认列");
  reset.addEventListener("click", () => {
    const wanted = defaultColumns(fields);
    for (const box of boxes) box.checked = wanted.includes(box.value);
    take();
  });
  const list = el("div", { class: "column-list" }, ...groups);
  list.addEventListener("change", take);
  body.replaceChildren(reset, list);
}
