/** The drawer with the table under the map: one register, its filter, columns, exports and charts. */

import { areaUnit, onAreaUnit } from "../../area_unit.js";
import { el, formatNumber } from "../../page.js";
import { loadFields } from "./filter_fields.js";
import { conditionText, emptyModel, filterText } from "./filter_text.js";
import { queryParameters, totalWords } from "./filter_totals.js";
import { TableCharts } from "./table_charts.js";
import { readColumns, showChooser } from "./table_columns.js";
import { TableGrid } from "./table_grid.js";
import { TableHeight } from "./table_height.js";

const MOST_SELECTED = 500; // that fit into an address
const SELECTION_DELAY_MS = 300;
const quoted = (key) => `'${key.replaceAll("'", "''")}'`;

export class TablePanel {
  /**
   * @param {HTMLElement} root
   * @param {HTMLButtonElement} toggle
   * @param {import("../page.js").MapPage} page
   */
  constructor(root, toggle, page) {
    Object.assign(this, { root, toggle, page, view: page.view, models: new Map(), order: [], fields: null, grid: null, answer: null });
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.choice = this.find("register");
    this.height = new TableHeight(root, this.find("handle"), () => page.keepPlace(0));
    this.charts = new TableCharts(this.find("charts"), page.view);
    page.permalink.addPart("table", { read: () => (this.isOpen ? this.register : null), apply: (register) => this.restore(register) });
    page.permalink.addPart("rows", {
      read: () => (this.isOpen && this.isOnlySelected ? "selected" : null),
      apply: (rows) => this.startOnlySelected(rows === "selected"),
    });
    page.permalink.addPart("sort", {
      read: () => (this.isOpen && this.order.length ? this.order.join(",") : null),
      apply: (text) => this.sortBy(text ? text.split(",") : []),
    });
    page.permalink.addPart("charts", {
      read: () => (this.isOpen && this.charts.isShown ? "1" : null),
      apply: (text) => { if ((text === "1") !== this.charts.isShown) this.setCharts(text === "1"); },
    });
    this.listen();
  }

  listen() {
    const { root, page, view } = this;
    this.toggle.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    this.find("close").addEventListener("click", () => this.close());
    this.choice.addEventListener("change", () => {
      this.order = [];
      this.showRegister();
    });
    this.find("charts-toggle").addEventListener("click", () => this.setCharts(!this.charts.isShown));
    this.find("unsort").addEventListener("click", () => this.sortBy([]));
    root.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", ({ target }) => this.closeMenus(target));
    view.on("query", () => this.onQuery());
    onAreaUnit(() => this.onUnit());
    view.on("selection", () => this.onSelection());
    view.on("showtable", () => this.showSelected());
    this.find("only-selected").addEventListener("click", () => this.setOnlySelected(!this.isOnlySelected));
    view.on("chosen", (choice) => this.onChosen(choice));
    view.on("legend", (layer) => { if (layer.id === "plots" && this.charts.drawn !== layer.scheme.id) this.drawCharts(); });
    page.filter.root.addEventListener("totals", () => this.showTotal());
  }

  get isOpen() {
    return !this.root.hidden;
  }

  get register() {
    return this.choice.value;
  }

  get isOfPlots() {
    return this.register === "plots";
  }

  /* Opening and closing */

  open() {
    if (this.isOpen) return;
    this.root.hidden = false;
    this.toggle.setAttribute("aria-expanded", "true");
    this.height.restore();
    this.page.keepPlace(0);
    this.page.permalink.writeSoon();
    return this.showRegister();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.root.contains(document.activeElement);
    this.root.hidden = true;
    this.toggle.setAttribute("aria-expanded", "false");
    this.grid?.destroy();
    this.grid = null;
    this.page.keepPlace(0);
    this.page.permalink.writeSoon();
    if (hadFocus) this.toggle.focus();
  }

  /** What an address says: a register's table, or none. */
  restore(register) {
    const isKnown = [...this.choice.options].some(({ value }) => value === register);
    if (!register) this.close();
    else if (!isKnown) this.page.toasts.show("table", `没有台账“${register}”，表格没有打开。`);
    else if (!this.isOpen || register !== this.register) {
      this.choice.value = register;
      this.order = [];
      if (this.isOpen) this.showRegister();
      else this.open();
    }
  }

  onKey(event) {
    const menu = event.target.closest("details[open]");
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  }

  closeMenus(kept) {
    for (const menu of this.root.querySelectorAll("details[open]")) if (!menu.contains(kept)) menu.open = false;
  }

  /* What is shown */

  async showRegister() {
    const { register } = this;
    this.page.permalink.writeSoon();
    this.answer = null;
    this.fail("");
    try {
      const [fields] = await Promise.all([loadFields(register), this.isOfPlots ? this.page.filter.ready() : null]);
      if (register !== this.register || !this.isOpen) return;
      this.fields = fields;
    } catch (error) {
      this.grid?.destroy();
      this.grid = null;
      this.fail(error.message);
      return;
    }
    if (this.isOfPlots) await this.page.filter.showQuery();
    if (!this.models.has(register)) this.models.set(register, emptyModel());
    this.columns = readColumns(register, this.fields);
    showChooser(this.find("columns-body"), register, this.fields, (columns) => {
      this.columns = columns;
      this.drawGrid();
    });
    this.showOnlySelected();
    this.find("charts-toggle").hidden = this.find("statistics").hidden = !this.isOfPlots;
    if (!this.isOfPlots) this.setCharts(false);
    this.drawGrid();
    if (this.isOfPlots) this.page.filter.ensureTotals();
  }

  /** The filter of the register on show: plots follow the map, others have conditions of their own. */
  get filter() {
    if (!this.isOfPlots) return filterText(this.models.get(this.register), this.fields);
    const { query, selection } = this.view;
    if (!this.isOnlySelected) return query.filter;
    const chosen = `plot_code IN (${[...selection.keys].map(quoted).join(", ")})`;
    return query.filter ? `(${query.filter}) AND ${chosen}` : chosen;
  }

  parameters() {
    return queryParameters({ filter: this.filter, at: this.view.query.at });
  }

  /** Order the records by fields, descending where a minus stands before one. */
  sortBy(order) {
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.page.permalink.writeSoon();
    if (this.isOpen && this.grid) this.drawGrid();
  }

  drawGrid() {
    this.grid?.destroy();
    this.find("grid").replaceWith(Object.assign(document.createElement("div"), { className: "table-tabulator" }));
    this.root.querySelector(".table-tabulator").setAttribute("data-grid", "");
    const { register, page, view } = this;
    this.grid = new TableGrid(this.find("grid"), {
      register, fields: this.fields, columns: this.columns, order: this.order,
      parameters: () => this.parameters(),
      conditionOn: (name) => this.conditionOn(name),
      setCondition: (name, condition) => this.setCondition(name, condition),
      loaded: (answer) => this.onLoaded(answer),
      begun: () => this.reveal(page.chosen),
      failed: (message) => this.fail(message),
      nothing: (answer) => this.nothing(answer),
      opened: ({ key, name }) => page.goTo({ register, key, label: name ?? key, returnTo: { focus: () => this.grid?.focusRow(key) } }),
      proofOf: (name, key) => (this.isOfPlots && name === "far" ? `/plots/${encodeURIComponent(key)}/proof${view.query.at ? `?at=${view.query.at}` : ""}` : null),
      isSelectable: this.isOfPlots,
      isChosen: (key) => page.chosen?.register === register && page.chosen.key === key,
      isSelected: (key) => view.selection.keys.has(key),
      select: (keys, isOn) => (isOn ? view.selection.add(keys) : view.selection.remove(keys)),
    });
    this.showLinks();
    this.grid.start().catch((error) => this.fail(error.message));
  }

  /** What the table says where it lists no record: that there is none, and how some come there, or that none was taken in. */
  nothing({ is_empty: isEmpty, is_now: isNow, at }) {
    if (!isEmpty) return ["没有符合条件的记录"];
    const { text } = this.choice.selectedOptions[0];
    const { imports } = this.root.dataset;
    if (!isNow) return [`${at} 时“${text}”台账还没有记录。`];
    if (!imports) return [`“${text}”台账还没有记录。请联系编辑人员导入。`];
    const link = el("a", { href: `${imports}?register=${encodeURIComponent(this.register)}` }, "导入");
    return [`“${text}”台账还没有记录。请在`, link, "页选择这个台账的文件导入。"];
  }

  conditionOn(name) {
    if (this.isOfPlots) return this.page.filter.conditionOn(name);
    return this.models.get(this.register).all.find((condition) => condition.field === name) ?? null;
  }

  setCondition(name, condition) {
    if (this.isOfPlots) {
      this.page.filter.setConditionOn(name, condition);
      return;
    }
    const { all } = this.models.get(this.register);
    const at = all.findIndex((other) => other.field === name);
    const text = (one) => one && conditionText(one, this.fields);
    if (text(all[at] ?? null) === text(condition)) return;
    all.splice(at < 0 ? all.length : at, at < 0 ? 0 : 1, ...(condition ? [condition] : []));
    this.onQuery();
  }

  onQuery() {
    if (!this.isOpen || !this.grid) return;
    this.fail("");
    this.showLinks();
    this.grid.reload();
    this.drawCharts();
  }

  onLoaded(answer) {
    this.answer = answer;
    this.fail("");
    this.find("elsewhere").hidden = true;
    if (this.grid.order.join() !== this.order.join()) {
      this.order = this.grid.order;
      this.page.permalink.writeSoon();
    }
    this.find("unsort").hidden = !this.order.length;
    this.showLinks();
    this.showTotal();
    this.showQuality();
  }

  /** The data-quality line of the same records, asked anew once they are others; left out where it cannot be had. */
  async showQuality() {
    const address = `/table/${this.register}/quality?${this.parameters()}`;
    if (address === this.qualityOf) return;
    this.qualityOf = address;
    const html = await fetch(address, { headers: { "X-Requested-With": "fetch" } }).then(
      (response) => (response.ok ? response.text() : ""),
      () => "",
    );
    if (address !== this.qualityOf) return; // another table has been asked for meanwhile
    if (!html) this.qualityOf = null;
    this.find("quality").replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  }

  /* Only what is selected: it narrows the table, not the map */

  showSelected() {
    if (!this.isOfPlots) {
      this.choice.value = "plots";
      this.order = [];
    }
    this.isOnlySelected = this.view.selection.size > 0 && this.view.selection.size <= MOST_SELECTED;
    this.showOnlySelected();
    if (this.isOpen) this.showRegister();
    else this.open();
  }

  setOnlySelected(isOn) {
    const { size } = this.view.selection;
    this.isOnlySelected = isOn && size > 0 && size <= MOST_SELECTED;
    this.showOnlySelected();
    this.page.permalink.writeSoon();
    this.onQuery();
    if (isOn && size > MOST_SELECTED) this.fail(`选中 ${formatNumber(size, 0)} 宗，表格最多单列 ${MOST_SELECTED} 宗；选中的行在表格里有底色。`);
  }

  /** As the address says: at once where plots are selected already, otherwise with the first that are. */
  startOnlySelected(isOn) {
    this.awaitsSelection = isOn && this.view.selection.size === 0;
    if (!this.awaitsSelection && isOn !== Boolean(this.isOnlySelected)) this.setOnlySelected(isOn);
  }

  showOnlySelected() {
    const button = this.find("only-selected");
    const { size } = this.view.selection;
    button.hidden = !this.isOfPlots || (size === 0 && !this.isOnlySelected);
    button.textContent = `只看选中（${formatNumber(size, 0)}）`;
    button.setAttribute("aria-pressed", String(Boolean(this.isOnlySelected)));
  }

  onSelection() {
    if (this.awaitsSelection && this.view.selection.size) this.startOnlySelected(true);
    this.showOnlySelected();
    this.grid?.markAll();
    if (!this.isOnlySelected) return;
    clearTimeout(this.selectionTimer);
    this.selectionTimer = setTimeout(() => this.setOnlySelected(this.isOnlySelected), SELECTION_DELAY_MS);
  }

  onChosen(choice) {
    if (!this.isOpen || !this.grid) return;
    this.grid.markAll();
    this.reveal(choice);
  }

  /** Turn to the row of what was chosen; that it is not among them is said. */
  async reveal(choice) {
    this.find("elsewhere").hidden = true;
    if (choice?.register !== this.register) return;
    try {
      const isListed = await this.grid.reveal(choice.key);
      this.find("elsewhere").hidden = isListed || this.page.chosen !== choice;
    } catch {
      // the table stays where it is, as it says why when it cannot be read
    }
  }

  showTotal() {
    const { totals } = this.page.filter;
    const count = this.answer ? `${formatNumber(this.answer.total, 0)} 条` : "";
    const words = (this.isOfPlots ? totals?.words : null) ?? this.answer?.filter_words ?? "";
    const isWhole = this.isOfPlots && totals && !this.isOnlySelected;
    this.find("total").textContent = isWhole ? totalWords(totals) : count;
    this.find("words").textContent = this.isOnlySelected ? "选中的地块" : words;
    this.find("words").title = words;
  }

  showLinks() {
    const parameters = this.parameters();
    this.find("statistics").href = `/statistics?${parameters}`;
    parameters.set("columns", this.columns.join(","));
    if (this.grid.order.length) parameters.set("sort", this.grid.order.join(","));
    parameters.set("unit", areaUnit());
    for (const link of this.root.querySelectorAll("[data-suffix]")) link.href = `/table/${this.register}.${link.dataset.suffix}?${parameters}`;
  }

  /** Land in another unit: headings, numbers, sums, charts and files. */
  onUnit() {
    if (!this.isOpen || !this.grid) return;
    this.drawGrid();
    this.showTotal();
    this.drawCharts();
  }

  fail(message) {
    this.find("error").textContent = message;
    this.find("error").hidden = !message;
  }

  setCharts(isShown) {
    this.find("charts").hidden = !isShown;
    this.find("charts-toggle").setAttribute("aria-pressed", String(isShown));
    this.page.permalink.writeSoon();
    this.drawCharts();
  }

  async drawCharts() {
    if (!this.isOpen || !this.charts.isShown) return;
    this.charts.drawn = this.charts.scheme;
    try {
      await this.charts.show();
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error.message);
    }
  }
}

export function attach(page) {
  page.table = new TablePanel(document.getElementById("table-panel"), document.getElementById("table-toggle"), page);
}
