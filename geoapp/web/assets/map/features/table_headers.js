/** The boxes under the table's headings: a short way to write one condition on a field. */

import { el } from "../../page.js";
import { OPERATORS, kindOf } from "./filter_text.js";

const EMPTY = "空";
const FILLED = "非空";
const MANY = " many"; // no code begins with a blank
const BOOLEANS = new Map([["true", "是"], ["false", "否"]]);
const SIGNS = { "≤": "<=", "≥": ">=", "＜": "<", "＞": ">", "≠": "<>", "!=": "<>", "＝": "=" };
const PLACEHOLDERS = { string: "包含…", number: "如 <1 或 1~2", date: "如 >=2020" };
/** How to write a condition; land is filtered in the field's own unit, whatever it is shown in. */
const placeholder = (field) => (field.land ? `如 <30（${field.unit}）` : PLACEHOLDERS[kindOf(field)]);
const DAY_PARTS = /^(\d{4})(?:年|[-./])?(?:(\d{1,2})(?:月|[-./])?(?:(\d{1,2})日?)?)?$/u;

/** A day, or the first or last day of a month or year, as YYYY-MM-DD; null where it is none. */
export function dayOf(text, isLast) {
  const found = DAY_PARTS.exec(text.trim());
  if (!found) return null;
  const year = Number(found[1]);
  const month = Number(found[2] ?? (isLast ? 12 : 1));
  const lastOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const day = Number(found[3] ?? (isLast ? lastOfMonth : 1));
  if (month < 1 || month > 12 || day < 1 || day > lastOfMonth) return null;
  return [found[1], String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
}

function numberOf(text) {
  const plain = text.trim().replaceAll(",", "");
  return plain !== "" && Number.isFinite(Number(plain)) ? plain : null;
}

/** "<1", "1~2", "=1": the operator and its values; null where it cannot be read. */
function readOrdered(text, read) {
  const [, sign = "", rest] = /^(<=|>=|<>|<|>|=)?(.*)$/su.exec(text);
  if (!sign) {
    const range = /^(.+?)\s*[~～至]\s*(.+)$/su.exec(rest);
    const [low, high] = range ? [read(range[1], false), read(range[2], true)] : [read(rest, false), read(rest, true)];
    if (low === null || high === null) return null;
    return low === high ? { op: "=", values: [low] } : { op: "between", values: [low, high] };
  }
  const value = read(rest, sign === "<=" || sign === ">");
  return value === null ? null : { op: sign, values: [value] };
}

/**
 * The condition that a box's text says: null for none, undefined where it cannot be read.
 * @param {object} field
 * @param {string} typed
 */
export function readHeader(field, typed) {
  const text = Object.entries(SIGNS).reduce((all, [from, to]) => all.replaceAll(from, to), typed.trim());
  if (!text) return null;
  if (text === EMPTY || text === FILLED) return { field: field.name, op: text === EMPTY ? "null" : "notnull", values: [] };
  const kind = kindOf(field);
  if (kind === "string") {
    if (text.startsWith("<>")) return { field: field.name, op: "<>", values: [text.slice(2).trim()] };
    if (text.startsWith("=")) return { field: field.name, op: "=", values: [text.slice(1).trim()] };
    return { field: field.name, op: "contains", values: [text] };
  }
  const read = readOrdered(text, kind === "date" ? dayOf : numberOf);
  return read ? { field: field.name, ...read } : undefined;
}

/** The text with which a box says a condition; null where a box cannot say it. */
export function headerText(condition) {
  if (!condition) return "";
  const { op, values } = condition;
  switch (op) {
    case "null": return EMPTY;
    case "notnull": return FILLED;
    case "contains": return values[0];
    case "between": return `${values[0]}~${values[1]}`;
    case "starts": case "in": case "notin": return null;
    default: return `${op}${values[0]}`;
  }
}

function textBox(field, label, onChange) {
  const input = el("input", { type: "text", class: "header-box", placeholder: placeholder(field), "aria-label": label, autocomplete: "off", spellcheck: "false" });
  let timer = null;
  const read = () => {
    clearTimeout(timer);
    const condition = readHeader(field, input.value);
    input.setAttribute("aria-invalid", String(condition === undefined));
    if (condition !== undefined) onChange(condition);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(read, 500);
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) read(); });
  const show = (condition) => {
    if (document.activeElement === input) return;
    const text = headerText(condition);
    input.value = text ?? "";
    input.placeholder = text === null ? `${OPERATORS[condition.op].zh}…` : placeholder(field);
    input.setAttribute("aria-invalid", "false");
    input.classList.toggle("is-set", Boolean(condition));
  };
  return { input, show };
}

function codeBox(field, label, onChange) {
  const isBoolean = field.dtype === "boolean";
  const codes = isBoolean ? BOOLEANS : field.codes;
  const many = el("option", { value: MANY, hidden: true }, "多项");
  const options = [["", "全部"], ...codes, [` ${EMPTY}`, EMPTY]].map(([value, zh]) => el("option", { value }, zh));
  const input = el("select", { class: "header-box", "aria-label": label }, ...options, many);
  input.addEventListener("change", () => {
    const { value } = input;
    const isEmpty = value === ` ${EMPTY}`;
    if (value === MANY) return;
    const op = isEmpty ? "null" : isBoolean ? "=" : "in";
    onChange(value === "" ? null : { field: field.name, op, values: isEmpty ? [] : [value] });
  });
  const show = (condition) => {
    const isOne = condition && ["in", "="].includes(condition.op) && condition.values.length === 1 && codes.has(condition.values[0]);
    input.value = !condition ? "" : condition.op === "null" ? ` ${EMPTY}` : isOne ? condition.values[0] : MANY;
    many.textContent = condition && !isOne ? `${OPERATORS[condition.op].zh}（${condition.values.length}）` : "多项";
    input.classList.toggle("is-set", Boolean(condition));
  };
  return { input, show };
}

/**
 * A box for a field: its element, and how to bring it in line with a condition on the field.
 * @param {object} field
 * @param {(condition: object | null) => void} onChange
 * @returns {{element: HTMLElement, show: (condition: object | null) => void}}
 */
export function headerBox(field, onChange) {
  const isListed = field.dtype === "boolean" || kindOf(field) === "code";
  const { input, show } = (isListed ? codeBox : textBox)(field, `按“${field.zh}”筛选`, onChange);
  // In a box of its own, so that Tabulator does not take the input for one of its own filters.
  return { element: el("div", { class: "header-filter" }, input), show };
}
