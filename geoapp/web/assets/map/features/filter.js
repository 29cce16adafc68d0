/** The filter panel: one expression and one day, which map, table, list, charts, exports and address follow. */

import { onAreaUnit } from "../../area_unit.js";
import { el, fetchJson } from "../../page.js";
import { FilterArea } from "./filter_area.js";
import { loadFields } from "./filter_fields.js";
import { ProjectFilter } from "./filter_projects.js";
import { QuickChoices, quickConditions } from "./filter_quick.js";
import { conditionRow, freshCondition } from "./filter_rows.js";
import { conditionText, emptyModel, filterText, isComplete, parseFilter } from "./filter_text.js";
import { fetchTotals, queryParameters, totalWords } from "./filter_totals.js";

const APPLY_DELAY_MS = 400;
const FIRST_FIELD = "far";
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Whether a text is a day of the calendar. */
function isDay(text) {
  const time = DAY.test(text) ? Date.parse(`${text}T00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

export class FilterPanel {
  /**
   * @param {HTMLElement} root
   * @param {import("../page.js").MapPage} page
   */
  constructor(root, page) {
    Object.assign(this, { root, page, view: page.view, model: emptyModel(), text: "", fields: null, totals: null });
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.expression = this.find("text");
    this.error = this.find("error");
    this.area = new FilterArea(root, page, (ring, predicate) => this.setArea(ring, predicate));
    this.projects = new ProjectFilter(this.find("projects"), page, () => this.showMark());
    this.badge = el("output", { class: "at-badge", hidden: true });
    document.querySelector(".map-top").append(this.badge);
    this.find("at").max = new Date().toLocaleDateString("sv"); // a day to come is now
    page.permalink.addPart("filter", {
      read: () => this.view.query.filter || null,
      apply: (text) => this.applyAddress((text ?? "").trim()),
    });
    page.permalink.addPart("at", { read: () => this.view.query.at || null, apply: (day) => this.setDay(day ?? "") });
    this.listen();
  }

  listen() {
    const { root, page, view } = this;
    onAreaUnit(() => this.showTotals());
    view.on("query", () => this.onQuery());
    page.side.root.addEventListener("tab", ({ detail }) => { if (detail === "filter") this.open(); });
    root.addEventListener("keydown", (event) => this.onKey(event));
    for (const button of root.querySelectorAll("[data-add]")) button.addEventListener("click", () => this.add(button.dataset.add));
    this.find("clear").addEventListener("click", () => this.clear());
    this.find("now").addEventListener("click", () => this.setDay(""));
    this.find("at").addEventListener("change", ({ target }) => { if (!target.validity.badInput) this.setDay(target.value); });
    this.expression.addEventListener("input", () => this.soon(() => this.applyText()));
  }

  /** The fields are there and the panel's controls made; once. */
  ready() {
    this.loading ??= loadFields("plots").then(
      (fields) => {
        this.fields = fields;
        this.quick = new QuickChoices(this.find("quick"), fields, (name, values) => this.setQuick(name, values));
      },
      (error) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  async open() {
    try {
      await this.ready();
      this.showQuery();
      this.projects.open();
      await this.ensureTotals();
    } catch (error) {
      this.showError(error.message);
    }
  }

  get isShown() {
    return this.page.side.isOpen && !this.root.hidden;
  }

  /* What comes from elsewhere: the address, other features */

  /** Ask the map for something else, unless it shows that already. */
  query(change) {
    const { filter, at, isHeld } = { ...this.view.query, isHeld: false, ...change };
    if (filter === this.view.query.filter && at === this.view.query.at) return;
    const isSame = filter === this.view.query.filter;
    this.view.setQuery({ filter, at, isHeld: isSame ? this.view.isFilterHeld : isHeld });
  }

  /** A filter that an address says may be none: until the server takes it nothing is asked for with it. */
  async applyAddress(filter) {
    if (filter === this.view.query.filter) return;
    if (!filter) {
      this.query({ filter });
      return;
    }
    this.query({ filter, isHeld: true });
    try {
      await fetchJson(`/filter.json?${queryParameters({ filter })}`);
    } catch (error) {
      if (filter === this.view.query.filter) this.refuse(error.message);
      return;
    }
    if (filter !== this.view.query.filter) return;
    this.view.releaseFilter();
    this.refreshTotals();
  }

  async onQuery() {
    const { at } = this.view.query;
    this.totals = null;
    this.root.dispatchEvent(new CustomEvent("totals", { detail: null }));
    this.showError("");
    this.badge.textContent = at ? `截至 ${at} 的数据` : "";
    this.badge.hidden = !at;
    this.find("statistics").href = `/statistics?${queryParameters(this.view.query)}`;
    this.page.permalink.writeSoon();
    await Promise.all([this.showQuery(), this.view.isFilterHeld ? null : this.refreshTotals()]);
  }

  /** Bring the controls in line with the map's query. */
  async showQuery() {
    const { filter, at } = this.view.query;
    this.find("at").value = DAY.test(at) ? at : "";
    this.find("now").hidden = !at;
    this.find("clear").hidden = !filter;
    if (!filter && !this.isShown && !this.fields) return;
    try {
      await this.ready();
    } catch (error) {
      this.showError(error.message);
      return;
    }
    if (filter !== this.view.query.filter) return; // meanwhile another
    if (filter !== this.text) {
      this.text = filter;
      this.model = parseFilter(filter, this.fields);
      this.drawRows();
    } else if (!this.quick.isDrawn) {
      this.drawRows();
    }
    if (document.activeElement !== this.expression) this.expression.value = filter;
    this.showMark();
  }

  /** Count, unless that is done or under way. */
  ensureTotals() {
    return this.totals || this.request || this.view.isFilterHeld ? null : this.refreshTotals();
  }

  async refreshTotals() {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    const { query } = this.view;
    this.find("summary").textContent = "正在统计…";
    this.find("words").textContent = "";
    try {
      const totals = await fetchTotals(query, this.view.layers.get("plots")?.scheme.id ?? "", request.signal);
      this.totals = totals;
      this.showTotals();
      this.find("words").textContent = totals.words;
      if (totals.note) this.page.toasts.show("day", totals.note);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.refuse(error.message);
    }
    this.request = null;
    this.root.dispatchEvent(new CustomEvent("totals", { detail: this.totals }));
  }

  showTotals() {
    if (this.totals) this.find("summary").textContent = `${this.view.query.filter ? "命中" : "全部"} ${totalWords(this.totals)}`;
  }

  /** The server does not take the query: say so where it can be put right. */
  refuse(message) {
    const { filter, at } = this.view.query;
    this.find("summary").textContent = "没有结果";
    this.showError(message);
    if (!filter && !at) return;
    this.find("expression").open = true;
    this.page.side.mark("filter", "!");
    if (!this.isShown) this.page.side.show("filter");
  }

  showError(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
    this.expression.setAttribute("aria-invalid", String(Boolean(message)));
  }

  showMark() {
    const count = [...this.model.all, ...this.model.any].filter((condition) => isComplete(condition, this.fields)).length + (this.projects?.count ?? 0);
    const isRefused = (this.view.isFilterHeld && !this.error.hidden) || Boolean(this.projects?.isRefused);
    this.page.side.mark("filter", isRefused ? "!" : count ? String(count) : "");
  }

  /* What the user changes */

  soon(act) {
    clearTimeout(this.timer);
    this.pending = act;
    this.timer = setTimeout(act, APPLY_DELAY_MS);
  }

  onKey(event) {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input, textarea") || event.shiftKey) return;
    event.preventDefault();
    clearTimeout(this.timer);
    this.pending?.();
  }

  /** The rows changed: their text is the filter now. */
  apply() {
    clearTimeout(this.timer);
    this.pending = null;
    this.text = filterText(this.model, this.fields);
    this.expression.value = this.text;
    this.showMark();
    this.query({ filter: this.text });
  }

  /** The expression was typed: ask the server whether it is one before the map gets it. */
  async applyText() {
    this.pending = null;
    const filter = this.expression.value.trim();
    try {
      if (filter) await fetchJson(`/filter.json?${queryParameters({ filter })}`);
    } catch (error) {
      if (filter === this.expression.value.trim()) this.showError(error.message);
      return;
    }
    if (filter !== this.expression.value.trim()) return;
    this.showError("");
    this.query({ filter });
  }

  async add(group) {
    await this.ready();
    const field = this.fields[FIRST_FIELD] ?? Object.values(this.fields)[0];
    this.model[group].push(freshCondition(field));
    this.drawRows();
    this.find(`rows="${group}"`).lastElementChild.querySelector("select").focus();
  }

  drawRows() {
    const quick = quickConditions(this.model);
    const area = this.model.all.find((condition) => condition.area);
    for (const group of ["all", "any"]) {
      const shown = this.model[group].filter((condition) => group === "any" || (!quick.includes(condition) && condition !== area));
      this.find(`rows="${group}"`).replaceChildren(...shown.map((condition) => this.row(group, condition)));
    }
    this.quick.show(this.model);
    this.quick.isDrawn = true;
    this.area.show(area);
  }

  row(group, condition) {
    return conditionRow(condition, this.fields, {
      changed: () => this.soon(() => this.apply()),
      removed: () => {
        this.model[group].splice(this.model[group].indexOf(condition), 1);
        this.drawRows();
        this.root.querySelector(`[data-add="${group}"]`).focus();
        this.apply();
      },
    });
  }

  setQuick(name, values) {
    const old = quickConditions(this.model).find((condition) => condition.field === name);
    this.replace(old, values.length ? { field: name, op: "in", values } : null);
    this.soon(() => this.apply());
  }

  async setArea(ring, predicate) {
    await this.ready();
    const old = this.model.all.find((condition) => condition.area);
    this.replace(old, ring && { area: ring, predicate });
    this.drawRows();
    this.apply();
  }

  /** Put one condition into the place of another among those that must all hold; either may be none. */
  replace(old, condition) {
    const { all } = this.model;
    const at = old ? all.indexOf(old) : all.length;
    all.splice(at, old ? 1 : 0, ...(condition ? [condition] : []));
  }

  /**
   * For the table's header: the condition on a field that its box shows and sets.
   * @param {string} name of the field
   */
  conditionOn(name) {
    return this.model.all.find((condition) => condition.field === name) ?? null;
  }

  setConditionOn(name, condition) {
    const old = this.conditionOn(name);
    if ((old && conditionText(old, this.fields)) === (condition && conditionText(condition, this.fields))) return;
    this.replace(old, condition);
    this.drawRows();
    this.apply();
  }

  clear() {
    this.model = emptyModel();
    this.drawRows();
    this.apply();
    this.root.querySelector("[data-add]").focus();
  }

  /** Let map and figures be as of a day; one that is none or has not come yet is now. */
  setDay(day) {
    const { max } = this.find("at");
    this.page.toasts.hide("day");
    if (day && !isDay(day)) this.page.toasts.show("day", `“${day.slice(0, 40)}”不是日期，应为“年-月-日”，如 2026-03-01。现按今天显示。`);
    else if (day > max) this.page.toasts.show("day", `${day} 还没有到，按今天显示。`);
    const at = isDay(day) && day <= max ? day : "";
    this.query({ at });
    if (day && !at) this.showQuery();
  }
}

export function attach(page) {
  page.filter = new FilterPanel(document.getElementById("filter-panel"), page);
}
