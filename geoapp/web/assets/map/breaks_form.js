/** Colouring by a number: which field, how it is cut into classes, and into how many. */

import { el, fetchJson } from "../page.js";

const DEFAULT = "far:quantile:5";

export class BreaksForm {
  /**
   * @param {HTMLFormElement} form
   * @param {(id: string) => void} onPick "<field>:<method>:<number of classes>"
   */
  constructor(form, onPick) {
    this.form = form;
    this.onPick = onPick;
    this.fields = null;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => {
      event.stopPropagation();
      this.onPick(this.value);
    });
  }

  get value() {
    const { field, method, count } = this.form.elements;
    return `${field.value}:${method.value}:${count.value}`;
  }

  /** The user wants classes of a number: begin with a first choice. */
  async open() {
    await this.show(DEFAULT);
    if (this.fields.length) this.onPick(this.value);
  }

  /** Show what a colouring's id says. */
  async show(id) {
    this.form.hidden = false;
    const [field, method, count] = id.split(":");
    const { elements } = this.form;
    await this.loadFields();
    if ([...elements.field.options].some((option) => option.value === field)) elements.field.value = field;
    if (method) elements.method.value = method;
    if (count) elements.count.value = count;
  }

  close() {
    this.form.hidden = true;
  }

  async loadFields() {
    if (this.fields?.length) return;
    try {
      const { fields } = await fetchJson("/table/plots/fields.json");
      this.fields = fields.filter((field) => field.is_numeric);
    } catch {
      this.fields = [];
    }
    const options = this.fields.map((field) => el("option", { value: field.name }, field.label ?? field.zh));
    this.form.elements.field.replaceChildren(...options);
  }
}
