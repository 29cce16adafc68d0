/** The conditions asked for most, on top of the filter panel: towns, parks, the control line, low efficiency. */

import { el } from "../../page.js";
import { codeChecks, codeWords } from "./filter_codes.js";

/** Fields in their order; those that the catalogue lacks are left out. */
export const QUICK = ["town_code", "park_code", "line_position", "low_efficiency_class"];

/** The condition of the model that a quick choice shows, if any. */
function quickCondition(model, name) {
  return model.all.find((condition) => condition.field === name && condition.op === "in");
}

/** The conditions that the quick choices show, so that they are not listed twice. */
export function quickConditions(model, names = QUICK) {
  return names.map((name) => quickCondition(model, name)).filter(Boolean);
}

export class QuickChoices {
  /**
   * @param {HTMLElement} root
   * @param {Object<string, object>} fields by name
   * @param {(name: string, values: string[]) => void} onChange
   * @param {string[]} names of the fields to choose by
   */
  constructor(root, fields, onChange, names = QUICK) {
    this.root = root;
    this.onChange = onChange;
    this.fields = names.map((name) => fields[name]).filter((field) => field?.codes.size);
    root.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => {
      for (const choice of root.querySelectorAll("details[open]")) if (!choice.contains(event.target)) choice.open = false;
    });
  }

  onKey(event) {
    const choice = event.target.closest("details[open]");
    if (event.key !== "Escape" || !choice) return;
    event.preventDefault();
    choice.open = false;
    choice.querySelector("summary").focus();
  }

  show(model) {
    const open = this.root.querySelector("details[open]")?.dataset.field;
    this.root.replaceChildren(...this.fields.map((field) => this.choice(field, quickCondition(model, field.name)?.values ?? [], field.name === open)));
  }

  choice(field, values, isOpen) {
    const words = el("span", { class: "quick-words" });
    const choice = el("details", { class: "quick-choice", "data-field": field.name, open: isOpen });
    const showWords = (chosen) => {
      words.textContent = chosen.length ? codeWords(field, chosen) : "不限";
      choice.classList.toggle("is-set", chosen.length > 0);
    };
    showWords(values);
    const list = codeChecks(field, values, field.zh, (chosen) => {
      showWords(chosen);
      this.onChange(field.name, chosen);
    });
    choice.append(el("summary", {}, el("span", { class: "quick-name" }, field.zh), words), list);
    return choice;
  }
}
