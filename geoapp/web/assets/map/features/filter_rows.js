/** The rows of the filter panel: field, operator and values of one condition each. */

import { el } from "../../page.js";
import { codeChecks } from "./filter_codes.js";
import { groupedFields } from "./filter_fields.js";
import { OPERATORS, kindOf, operatorWords, operatorsOf } from "./filter_text.js";

const FIRST_OPERATOR = { code: "in", string: "contains", number: "<", date: ">=", boolean: "=" };

/** A new condition on a field, not filled in yet. */
export function freshCondition(field) {
  const kind = kindOf(field);
  return { field: field.name, op: FIRST_OPERATOR[kind], values: kind === "boolean" ? ["true"] : [] };
}

/** Words that go out of the list of a many-valued text field: the separators people type. */
const listed = (text) => text.split(/[,，、;；\n]/u).map((word) => word.trim()).filter(Boolean);

function option(value, words, isSelected) {
  const node = el("option", { value }, words);
  node.selected = isSelected;
  return node;
}

function fieldSelect(fields, chosen) {
  const groups = groupedFields(fields).map(([name, members]) =>
    el("optgroup", { label: name }, ...members.map((field) => option(field.name, field.zh, field.name === chosen))),
  );
  return el("select", { "aria-label": "字段" }, ...groups);
}

/** One box for one value. */
function valueInput(field, condition, i, label, onChange) {
  const types = { date: { type: "date" }, number: { type: "text", inputmode: "decimal" }, string: { type: "text" } };
  const input = el("input", { ...types[kindOf(field)], "aria-label": label, autocomplete: "off" });
  input.value = condition.values[i] ?? "";
  input.addEventListener("input", () => {
    const text = input.value.trim().replaceAll("，", ",").replace(/,(?=\d{3})/gu, "");
    condition.values[i] = field.is_numeric ? text : input.value.trim();
    input.setAttribute("aria-invalid", String(field.is_numeric && text !== "" && !Number.isFinite(Number(text))));
    onChange();
  });
  return input;
}

function booleanSelect(condition, onChange) {
  const select = el("select", { "aria-label": "值" }, option("true", "是", condition.values[0] !== "false"), option("false", "否", condition.values[0] === "false"));
  select.addEventListener("change", () => {
    condition.values = [select.value];
    onChange();
  });
  return select;
}

function listInput(condition, onChange) {
  const input = el("input", { type: "text", "aria-label": "值，用顿号或逗号分开", placeholder: "用顿号或逗号分开", autocomplete: "off" });
  input.value = condition.values.join("、");
  input.addEventListener("input", () => {
    condition.values = listed(input.value);
    onChange();
  });
  return input;
}

/** The boxes for the values of a condition, as its operator wants them. */
function valueBoxes(field, condition, onChange) {
  const kind = kindOf(field);
  const { count } = OPERATORS[condition.op];
  if (count === 0) return [];
  if (kind === "boolean") return [booleanSelect(condition, onChange)];
  if (kind === "code") {
    return [codeChecks(field, condition.values, field.zh, (values) => {
      condition.values = values;
      onChange();
    })];
  }
  if (count === "many") return [listInput(condition, onChange)];
  const unit = field.unit ? el("span", { class: "filter-unit" }, field.unit) : null;
  if (count === 1) return [valueInput(field, condition, 0, "值", onChange), unit];
  return [valueInput(field, condition, 0, "从", onChange), el("span", {}, "至"), valueInput(field, condition, 1, "到", onChange), unit];
}

/** Keep what still fits when the operator changes. */
function changeOperator(field, condition, op) {
  const { count } = OPERATORS[op];
  condition.op = op;
  if (count === 0) condition.values = [];
  else if (count !== "many") condition.values = condition.values.slice(0, count);
  if (kindOf(field) === "boolean" && count === 1) condition.values = ["true"];
}

/**
 * A row for a condition; it changes the condition in place.
 * @param {object} condition
 * @param {Object<string, object>} fields by name
 * @param {{changed: () => void, removed: () => void}} on
 * @returns {HTMLLIElement}
 */
export function conditionRow(condition, fields, on) {
  const remove = el("button", { type: "button", class: "filter-remove", "aria-label": "去掉这个条件", title: "去掉这个条件", onclick: on.removed }, "×");
  if (condition.raw !== undefined) {
    return el("li", { class: "filter-row" }, el("div", { class: "filter-row-head" }, el("span", {}, "其他条件"), remove), el("code", {}, condition.raw));
  }
  if (condition.area) {
    return el("li", { class: "filter-row" }, el("div", { class: "filter-row-head" }, el("span", {}, `所画范围（${condition.area.length - 1} 个角点）`), remove));
  }
  const row = el("li", { class: "filter-row" });
  const draw = () => {
    const field = fields[condition.field];
    const kind = kindOf(field);
    const choice = fieldSelect(fields, condition.field);
    choice.addEventListener("change", () => {
      Object.assign(condition, freshCondition(fields[choice.value]));
      draw();
      row.querySelector("select").focus();
      on.changed();
    });
    const operator = el("select", { "aria-label": "比较", class: "filter-operator" }, ...operatorsOf(kind).map((op) => option(op, operatorWords(op, kind), op === condition.op)));
    operator.addEventListener("change", () => {
      changeOperator(field, condition, operator.value);
      draw();
      row.querySelector(".filter-operator").focus();
      on.changed();
    });
    const values = el("div", { class: `filter-values filter-values-${kind}` }, operator, ...valueBoxes(field, condition, on.changed));
    row.replaceChildren(el("div", { class: "filter-row-head" }, choice, remove), values);
    if (field.description) choice.title = field.description;
  };
  draw();
  return row;
}
