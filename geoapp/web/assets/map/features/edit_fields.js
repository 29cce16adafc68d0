/** The lines of the panel that belong to one kind of edit: a new record's fields, the parts of a split, the choices of a merge. */

import { areaWords } from "../../area_unit.js";
import { el } from "../../page.js";

const line = (words, name, value = "", more = {}) =>
  el("label", { class: "edit-line" }, `${words} `, el("input", { type: "text", name, value, autocomplete: "off", ...more }));
const valueOf = (root, name) => root.querySelector(`[name="${CSS.escape(name)}"]`).value;

const OWN = "field-";

/** What a record that is drawn needs at once, as the server made it from the register's definition. */
export function newFields(root, fields) {
  root.replaceChildren(...fields.map((field) => {
    const words = field.label + (field.is_required ? " *" : "");
    const name = OWN + field.name;
    if (field.choices.length) {
      const options = field.choices.map(([value, text]) => el("option", { value }, text));
      return el("label", { class: "edit-line" }, `${words} `, el("select", { name }, el("option", { value: "" }, "（空）"), ...options));
    }
    const list = field.offers.length ? `edit-offers-${field.name}` : null;
    const offers = field.offers.map(([value, text]) => el("option", { value }, text));
    const whole = line(words, name, "", { list, maxlength: field.max_length, title: field.hint });
    if (list) whole.append(el("datalist", { id: list }, ...offers));
    return whole;
  }));
}
newFields.read = (root) => {
  const inputs = [...root.querySelectorAll("[name]")].filter(({ name }) => name.startsWith(OWN));
  return Object.fromEntries(inputs.map(({ name, value }) => [name.slice(OWN.length), value]));
};

/** Codes of the parts, and whether sums are shared out by area or typed. */
export function splitFields(root, { parts, sums }) {
  const codes = parts.map(({ code, area_m2: area }, i) =>
    el("div", { class: "edit-part", "data-part": i }, el("p", {}, `第 ${i + 1} 块 ${areaWords(area)}`), line("编号", `code-${i}`, code)));
  const typed = sums.map(({ name, label, whole, parts: values }) =>
    el("div", { "data-sum": name }, el("p", {}, `${label} 共 ${whole}`), ...values.map((value, i) => line(`第 ${i + 1} 块`, `value-${name}-${i}`, value))));
  const values = el("div", { class: "edit-values", hidden: true }, ...typed);
  const sharing = el("select", { name: "sharing", onchange: () => { values.hidden = sharing.value !== "typed"; } },
    el("option", { value: "area" }, "系统分摊：土地按面积，建筑随建筑物"), el("option", { value: "typed" }, "逐块填写"));
  root.replaceChildren(...codes, ...(sums.length ? [el("label", { class: "edit-line" }, "面积类字段 ", sharing), values] : []));
}
splitFields.read = (root) => {
  const count = root.querySelectorAll("[data-part]").length;
  const each = (name) => Array.from({ length: count }, (_, i) => valueOf(root, `${name}-${i}`));
  const sharing = root.querySelector("[name=sharing]")?.value ?? "area";
  const sums = [...root.querySelectorAll("[data-sum]")].map(({ dataset }) => [dataset.sum, each(`value-${dataset.sum}`)]);
  return { codes: each("code"), sharing, values: sharing === "typed" ? Object.fromEntries(sums) : {} };
};

/** Code of the merged plot, what is added up, and a choice for every field in which the plots differ. */
export function mergeFields(root, { code, sums, differing }) {
  const added = sums.filter(({ text }) => text !== "").map(({ label, text }) => `${label} ${text}`);
  const choices = differing.map(({ name, label, texts }) =>
    el("label", { class: "edit-line", "data-choice": name }, `${label} `,
      el("select", { name: `choice-${name}` }, el("option", { value: "" }, "请选择"),
        ...Object.entries(texts).map(([plot, text]) => el("option", { value: plot }, `${text}（${plot}）`)))));
  root.replaceChildren(
    line("新编号", "code", code),
    ...(added.length ? [el("p", { class: "hint" }, `相加：${added.join("，")}`)] : []),
    ...(choices.length ? [el("p", { class: "hint" }, "不一致的字段，请选以哪一宗为准："), ...choices] : []),
  );
}
mergeFields.read = (root) => {
  const choices = [...root.querySelectorAll("[data-choice]")].map(({ dataset }) => [dataset.choice, valueOf(root, `choice-${dataset.choice}`)]);
  return { code: valueOf(root, "code"), choices: Object.fromEntries(choices) };
};
