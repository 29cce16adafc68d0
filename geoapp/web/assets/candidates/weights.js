/** The sliders: one weight per term, a saved set, or the rule book's. */

export class Weights extends EventTarget {
  constructor(form) {
    super();
    this.form = form;
    this.sliders = [...form.querySelectorAll("[data-term]")];
    this.numbers = [...form.querySelectorAll("[data-number]")];
    this.choice = form.querySelector("#weight-set");
    for (const [term, slider] of this.sliders.entries()) {
      slider.addEventListener("input", () => { this.numbers[term].value = slider.value; this.changed(); });
      this.numbers[term].addEventListener("input", () => { slider.value = this.numbers[term].value; this.changed(); });
    }
    this.choice.addEventListener("change", () => this.choice.value && this.set(this.choice.value));
    form.querySelector("#reset-weights").addEventListener("click", () => this.set(this.choice.options[0].value));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** By term, in the server's order; null where what is typed is no set of weights. */
  get values() {
    const values = this.numbers.map((input) => (input.value === "" || !input.validity.valid ? NaN : Number(input.value)));
    return values.every((value) => value >= 0) && values.some((value) => value > 0) ? values : null;
  }

  /** As addresses write them. */
  get text() {
    return this.values?.join(",") ?? "";
  }

  set(text) {
    for (const [term, value] of text.split(",").entries()) {
      this.numbers[term].value = value;
      this.sliders[term].value = value;
    }
    this.changed();
  }

  changed() {
    const known = [...this.choice.options].find((option) => option.value && option.value === this.text);
    this.choice.value = known ? known.value : "";
    const saved = document.getElementById("saved-weights");
    if (saved) saved.value = this.text; // only those who may save have the form
    this.dispatchEvent(new Event("change"));
  }
}
