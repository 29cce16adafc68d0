/** The grid of the table: Tabulator with pages, order and conditions that the server applies. */

import { AREA_UNITS, areaUnit } from "../../area_unit.js";
import { el, fetchJson, formatNumber } from "../../page.js";
import { loadVendor } from "../vendor.js";
import { valueText } from "./filter_fields.js";
import { headerBox } from "./table_headers.js";

const PAGE_SIZES = [50, 100, 200];
/** A field of land as it is shown: in the reader's unit, whatever it is filtered in. */
function inUnit(field) {
  if (!field.land) return field;
  const { zh, decimals } = AREA_UNITS[areaUnit()];
  return { ...field, unit: zh, label: `${field.zh}(${zh})`, decimals };
}

const NEVER = new Promise(() => {});
const WORDS = {
  pagination: {
    page_size: "每页", page_title: "第", first: "首页", first_title: "首页", last: "末页", last_title: "末页",
    prev: "上一页", prev_title: "上一页", next: "下一页", next_title: "下一页", all: "全部",
  },
  data: { loading: "正在读取…", error: "没有读到" },
};

export class TableGrid {
  /**
   * @param {HTMLElement} root
   * @param {object} source
   *   register, fields (by name), columns (names), order (names, a minus before those descending), parameters () => URLSearchParams of the present query,
   *   conditionOn (name) => condition | null, setCondition (name, condition | null),
   *   loaded (answer), begun (), failed (message), nothing (answer) => what to say where no record is listed, opened (row), isSelectable, isChosen (key), isSelected (key), select (keys, isOn)
   */
  constructor(root, source) {
    Object.assign(this, { root, source, boxes: new Map(), order: [] });
    this.nothing = el("div", { class: "tabulator-placeholder-contents" });
  }

  async start() {
    await loadVendor("tabulator/tabulator_simple.min.css", "tabulator/tabulator.min.js");
    if (this.isGone) return;
    this.table = new window.Tabulator(this.root, {
      ajaxURL: `/table/${this.source.register}.json`,
      ajaxRequestFunc: (url, config, asked) => this.fetchPage(url, asked),
      dataReceiveParams: { data: "rows", last_row: "total" },
      pagination: true, paginationMode: "remote", paginationSize: PAGE_SIZES[0], paginationSizeSelector: PAGE_SIZES, paginationButtonCount: 5,
      paginationCounter: (size, first, page, total) => el("span", {}, total ? `第 ${formatNumber(first, 0)}–${formatNumber(Math.min(first + size - 1, total), 0)} 条，共 ${formatNumber(total, 0)} 条` : ""),
      initialSort: this.initialOrder(), sortMode: "remote", headerSortClickElement: "header", columnHeaderSortMulti: true,
      columns: this.columns(), columnDefaults: { maxInitialWidth: 220, headerWordWrap: true },
      index: "key", layout: "fitData", height: "100%", placeholder: this.nothing,
      locale: "zh-cn", langs: { "zh-cn": WORDS },
      rowFormatter: (row) => this.mark(row),
    });
    this.table.on("rowClick", (event, row) => {
      if (!event.target.closest("input, a")) this.source.opened(row.getData());
    });
    this.keepFocus();
    this.table.on("dataProcessed", () => this.begin());
    this.table.on("tableBuilt", () => {
      this.isBuilt = true;
      this.showConditions();
      this.begin();
    });
  }

  /** The order to begin with, of the columns on show. */
  initialOrder() {
    const { order, columns } = this.source;
    return order
      .map((name) => ({ column: name.replace(/^-/, ""), dir: name.startsWith("-") ? "desc" : "asc" }))
      .filter(({ column }) => columns.includes(column));
  }

  /** The first rows are there. */
  begin() {
    if (this.hasBegun || !this.isBuilt || !this.table.getDataCount()) return;
    this.hasBegun = true;
    this.source.begun();
  }

  /** Rows are drawn anew when the table's size changes: who was in one stays in it. */
  keepFocus() {
    let key = null;
    this.root.addEventListener("focusin", ({ target }) => { key = target.closest(".table-key")?.dataset.key ?? null; });
    this.root.addEventListener("focusout", ({ relatedTarget }) => { if (relatedTarget) key = null; });
    this.table.on("renderComplete", () => { if (key && document.activeElement === document.body) this.focusRow(key); });
  }

  destroy() {
    this.isGone = true;
    this.request?.abort();
    this.table?.destroy();
  }

  /** One page from the server. A request that a later one overtook says nothing any more. */
  async fetchPage(url, { page, size, sort = [] }) {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    this.order = sort.map(({ field, dir }) => (dir === "desc" ? `-${field}` : field));
    const parameters = this.source.parameters();
    parameters.set("page", page);
    parameters.set("size", size);
    parameters.set("columns", this.source.columns.join(","));
    parameters.set("unit", areaUnit());
    if (this.order.length) parameters.set("sort", this.order.join(","));
    try {
      const answer = await fetchJson(`${url}?${parameters}`, { signal: request.signal });
      if (request.signal.aborted) return NEVER;
      this.source.loaded(answer);
      this.nothing.replaceChildren(...this.source.nothing(answer));
      return { ...answer, last_page: Math.max(1, answer.last_page) };
    } catch (error) {
      if (error.name === "AbortError" || request.signal.aborted) return NEVER;
      this.source.failed(error.message);
      this.nothing.replaceChildren();
      return { rows: [], total: 0, last_page: 1 };
    }
  }

  /** The query changed: from the first page again. */
  reload() {
    if (!this.isBuilt) return;
    this.showConditions();
    this.table.setPage(1);
  }

  showConditions() {
    for (const [name, box] of this.boxes) box.show(this.source.conditionOn(name));
  }

  columns() {
    const [first] = Object.keys(this.source.fields);
    const named = this.source.columns.map((name) => this.column(this.source.fields[name], name === first));
    const hasKey = this.source.columns.includes(first);
    const opener = { title: "", field: "key", headerSort: false, width: 64, frozen: true, formatter: (cell) => this.opener(cell, "打开") };
    const ticks = { title: "", field: "", width: 34, hozAlign: "center", headerSort: false, resizable: false, frozen: true, formatter: (cell) => this.tick(cell), titleFormatter: () => this.tickAll() };
    return [...(this.source.isSelectable ? [ticks] : []), ...(hasKey ? [] : [opener]), ...named];
  }

  column(given, isFirst) {
    const field = inUnit(given);
    const box = headerBox(given, (condition) => this.source.setCondition(field.name, condition));
    this.boxes.set(field.name, box);
    const align = field.is_numeric ? "right" : "left";
    return {
      title: field.label, field: field.name, frozen: isFirst, hozAlign: align, headerHozAlign: align, minWidth: 92,
      headerTooltip: field.description || false,
      titleFormatter: () => el("span", {}, field.zh, field.unit ? el("span", { class: "column-unit" }, `(${field.unit})`) : null),
      formatter: (cell) => {
        const text = valueText(field, cell.getValue());
        const proof = this.source.proofOf(field.name, cell.getData().key);
        if (proof) return el("a", { href: proof, target: "_blank", title: "看容积率怎样算出来" }, text);
        return isFirst ? this.opener(cell, text) : el("span", {}, text);
      },
      headerFilter: () => box.element,
      headerFilterFunc: () => true,
    };
  }

  /** What the keyboard opens a record with. */
  opener(cell, words) {
    return el("button", { type: "button", class: "table-key", title: "在地图上看", "data-key": cell.getData().key }, words);
  }

  tick(cell) {
    const { key } = cell.getData();
    const box = el("input", { type: "checkbox", "data-tick": key, "aria-label": `选中 ${key}` });
    box.checked = this.source.isSelected(key);
    box.addEventListener("change", () => this.source.select([key], box.checked));
    return box;
  }

  tickAll() {
    this.all = el("input", { type: "checkbox", "aria-label": "选中本页全部" });
    this.all.addEventListener("change", () => this.source.select(this.table.getRows().map((row) => row.getData().key), this.all.checked));
    return this.all;
  }

  mark(row) {
    const { key } = row.getData();
    const node = row.getElement();
    const isSelected = this.source.isSelectable && this.source.isSelected(key);
    node.classList.toggle("is-chosen", this.source.isChosen(key));
    node.classList.toggle("is-selected", isSelected);
    const box = node.querySelector("[data-tick]");
    if (box) box.checked = isSelected;
  }

  /** Mark the rows anew: what is chosen or selected changed. */
  markAll() {
    if (!this.isBuilt) return;
    const rows = this.table.getRows();
    for (const row of rows) this.mark(row);
    if (this.all) this.all.checked = rows.length > 0 && rows.every((row) => this.source.isSelected(row.getData().key));
  }

  /** Give the focus to what opens a record; to the first of the page where it is not on it. */
  focusRow(key) {
    const opener = this.root.querySelector(`.table-key[data-key="${CSS.escape(key)}"]`) ?? this.root.querySelector(".table-key");
    opener?.focus({ preventScroll: true });
  }

  /** The row of a record on the page; Tabulator's own look-up warns of one that is not. */
  rowOf(key) {
    return this.isBuilt ? this.table.getRows().find((row) => row.getData().key === key) : undefined;
  }

  /**
   * Bring a record into sight, turning to the page that it is on.
   * @param {string} key
   * @returns {Promise<boolean>} whether it is among the records of the table
   */
  async reveal(key) {
    if (!this.isBuilt) return true;
    this.wanted = key;
    if (!this.rowOf(key)) {
      const page = await this.pageOf(key);
      if (this.isGone || this.wanted !== key) return true;
      if (!page) return false;
      await this.table.setPage(page);
    }
    const row = this.rowOf(key);
    if (row && this.wanted === key) this.table.scrollToRow(row, "nearest", false).catch(() => {});
    return true;
  }

  /** Number of the page that a record is on under the present query and order; 0 where it is on none. */
  async pageOf(key) {
    const parameters = this.source.parameters();
    parameters.set("size", this.table.getPageSize());
    parameters.set("columns", this.source.columns[0]);
    if (this.order.length) parameters.set("sort", this.order.join(","));
    parameters.set("around", key);
    return (await fetchJson(`/table/${this.source.register}.json?${parameters}`)).page;
  }
}
