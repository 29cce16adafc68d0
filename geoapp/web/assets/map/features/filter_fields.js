/** The fields of a register, fetched once: what can be filtered and shown, with words, units and codes. */

import { fetchJson, formatNumber } from "../../page.js";

const known = new Map();

/**
 * @param {string} register
 * @returns {Promise<Object<string, object>>} fields by name; codes is a Map of words by value
 */
export function loadFields(register) {
  if (!known.has(register)) {
    const asked = fetchJson(`/table/${register}/fields.json`).then(({ fields }) =>
      Object.fromEntries(fields.map((field) => [field.name, { ...field, codes: codesOf(field) }])),
    );
    asked.catch(() => known.delete(register)); // asked for again, it is tried again
    known.set(register, asked);
  }
  return known.get(register);
}

const codesOf = (field) => new Map((field.codes ?? []).map(({ value, zh }) => [String(value), zh]));

const GROUPS = [
  ["常用", (field) => field.is_default],
  ["分类", (field) => field.codes.size > 0],
  ["数值", (field) => field.is_numeric],
  ["日期", (field) => field.dtype === "date"],
  ["文字和其他", () => true],
];

/** Fields by group, in the order of the menus: [[group, [field, ...]], ...]. */
export function groupedFields(fields) {
  const groups = new Map(GROUPS.map(([name]) => [name, []]));
  for (const field of Object.values(fields)) groups.get(GROUPS.find(([, holds]) => holds(field))[0]).push(field);
  return [...groups].filter(([, members]) => members.length);
}

const MOST_DECIMALS = 6; // of numbers shown as given

/** A value as it is read: codes by their words, numbers with the field's decimals, unknown as a dash. */
export function valueText(field, value) {
  if (value === null || value === undefined || value === "") return "—";
  const words = field.codes.get(String(value));
  if (words !== undefined) return words;
  if (field.dtype === "boolean") return value ? "是" : "否";
  // A whole number without a unit is a year or a number of something: no thousands are marked off.
  if (!field.is_numeric || (field.dtype === "integer" && !field.unit)) return String(value);
  return field.decimals === null ? Number(value).toLocaleString("zh-CN", { maximumFractionDigits: MOST_DECIMALS }) : formatNumber(value, field.decimals);
}
