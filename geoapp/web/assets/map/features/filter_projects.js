/** The filter over projects beside that over plots: the two that the pages of projects have, so that links carry them. */

import { fetchJson, formatNumber } from "../../page.js";
import { queryText } from "../register_layer.js";
import { loadFields } from "./filter_fields.js";
import { QuickChoices } from "./filter_quick.js";
import { emptyModel, filterText, isComplete, parseFilter } from "./filter_text.js";

const REGISTER = "projects";
/** What the pages of projects offer to choose by, in their order. */
const QUICK = ["town_code", "park_code", "phase", "stage", "light", "mode"];
const APPLY_DELAY_MS = 400;

export class ProjectFilter {
  /**
   * @param {HTMLElement} root
   * @param {import("../page.js").MapPage} page
   * @param {() => void} onMark what the tab's mark says may have changed
   */
  constructor(root, page, onMark) {
    Object.assign(this, { root, page, view: page.view, onMark, model: emptyModel(), fields: null, refused: "" });
    this.find = (name) => root.querySelector(`[data-project-${name}]`);
    this.box = this.find("text");
    this.layer = this.view.layers.get(REGISTER);
    root.hidden = !this.layer;
    if (!this.layer) return;
    page.permalink.addPart("projects", {
      read: () => this.refused || this.text || null,
      apply: (text) => this.apply((text ?? "").trim()),
    });
    this.view.on("query", () => this.show());
    this.view.on("legend", (layer) => { if (layer === this.layer) this.showCount(); });
    this.box.addEventListener("input", (event) => {
      event.stopPropagation();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.apply(this.box.value.trim()), APPLY_DELAY_MS);
    });
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.find("clear").addEventListener("click", () => this.apply(""));
    this.show();
  }

  /** The filter that holds. */
  get text() {
    return this.view.query.projects;
  }

  get isRefused() {
    return Boolean(this.refused);
  }

  /** How many conditions hold. */
  get count() {
    if (!this.text) return 0;
    return this.fields ? [...this.model.all, ...this.model.any].filter((condition) => isComplete(condition, this.fields)).length : 1;
  }

  onKey(event) {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(this.timer);
    this.apply(this.box.value.trim());
  }

  /** Take a filter if the server does; else say why, and leave the map as it was. */
  async apply(text) {
    clearTimeout(this.timer);
    const isAsked = Symbol("asked");
    this.asked = isAsked;
    if (text === this.text && !this.refused) return;
    try {
      if (text) await fetchJson(`/filter.json?${queryText({ register: REGISTER, filter: text })}`);
    } catch (error) {
      if (this.asked === isAsked) this.refuse(text, error.message);
      return;
    }
    if (this.asked !== isAsked) return;
    this.refused = "";
    this.showError("");
    this.view.setQuery({ projects: text, isHeld: this.view.isFilterHeld });
    this.page.permalink.writeSoon();
    this.show();
  }

  refuse(text, message) {
    this.refused = text;
    this.box.value = text;
    this.showError(message);
    this.onMark();
    if (!this.page.side.isOpen || this.root.closest("[hidden]")) this.page.side.show("filter");
  }

  showError(message) {
    const place = this.find("error");
    place.textContent = message;
    place.hidden = !message;
    this.box.setAttribute("aria-invalid", String(Boolean(message)));
  }

  /** The panel was opened: the choices are there. */
  async open() {
    if (!this.layer) return;
    try {
      this.fields ??= await loadFields(REGISTER);
    } catch (error) {
      this.showError(error.message);
      return;
    }
    this.quick ??= new QuickChoices(this.find("quick"), this.fields, (name, values) => this.choose(name, values), QUICK);
    this.show();
  }

  choose(name, values) {
    const model = parseFilter(this.text, this.fields);
    const at = model.all.findIndex((condition) => condition.field === name && condition.op === "in");
    model.all.splice(at < 0 ? model.all.length : at, at < 0 ? 0 : 1, ...(values.length ? [{ field: name, op: "in", values }] : []));
    this.apply(filterText(model, this.fields));
  }

  /** Bring the controls in line with what holds. */
  show() {
    const { filter, projects, at } = this.view.query;
    this.find("page").href = `/projects?${queryText({ filter: projects, plots: filter, at })}`;
    this.find("clear").hidden = !projects;
    if (!this.refused && document.activeElement !== this.box) this.box.value = projects;
    if (this.fields) {
      this.model = parseFilter(projects, this.fields);
      this.quick.show(this.model);
    }
    this.showCount();
    this.onMark();
  }

  showCount() {
    const count = this.layer.scheme.classes.reduce((total, item) => total + (item.count ?? 0), 0);
    this.find("summary").textContent = `${this.layer.hasFilter ? "命中" : "全部"} ${formatNumber(count, 0)} 个项目`;
  }
}
