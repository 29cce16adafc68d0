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
    this.wanted = null; // id that is shown, or will be
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => {
      event.stopPropagation();
      this.showCount();
      this.onPick(this.value);
    });
  }

  get value() {
    const { field, method, count } = this.form.elements;
    return `${field.value}:${method.value}:${count.value}`;
  }

  /** The user wants classes of a number: begin with a first choice. */
  async open() {
    if ((await this.show(DEFAULT)) && this.fields.length) this.onPick(this.value);
  }

  /**
   * Show what a colouring's id says, once the fields are there: what is chosen before would be lost.
   * @returns {Promise<boolean>} false where it was closed or asked for another one meanwhile
   */
  async show(id) {
    this.wanted = id;
    const [field, method, count] = id.split(":");
    const { elements } = this.form;
    await this.loadFields();
    if (this.wanted !== id) return false;
    if ([...elements.field.options].some((option) => option.value === field)) elements.field.value = field;
    if (method) elements.method.value = method;
    if (count) elements.count.value = count;
    this.showCount();
    this.form.hidden = false;
    return true;
  }

  /** Limits that are laid down make their own number of classes. */
  showCount() {
    this.form.elements.count.disabled = this.form.elements.method.value === "policy";
  }

  close() {
    this.wanted = null;
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
