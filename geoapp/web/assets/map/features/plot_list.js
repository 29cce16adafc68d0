/** The plots in view as a list for keyboard and screen reader: arrows, Enter, Home, End, typing a code. */

import { areaWords, muToM2, onAreaUnit } from "../../area_unit.js";
import { el, fetchJson, formatNumber } from "../../page.js";
import { queryParameters } from "./filter_totals.js";

const LIMIT = 200;
const DELAY_MS = 250;
const TYPING_MS = 1200;

/** West, south, east, north with five decimals. */
const boxText = (bounds) => [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((value) => value.toFixed(5)).join(",");

/** Such as "DK-001 名称，容积率 0.87，45.00 亩". */
export function plotWords({ key, name, far, site_area_mu: mu }) {
  const parts = [name ? `${key} ${name}` : key, `容积率 ${far === null || far === undefined ? "未知" : formatNumber(far)}`];
  return [...parts, mu === null || mu === undefined ? "面积未知" : areaWords(muToM2(mu))].join("，");
}

export class PlotList {
  /**
   * @param {HTMLElement} root
   * @param {import("../page.js").MapPage} page
   */
  constructor(root, page) {
    Object.assign(this, { root, page, view: page.view, active: -1, typed: "" });
    this.list = root.querySelector("[data-list]");
    this.title = root.querySelector("[data-title]");
    page.side.root.addEventListener("tab", ({ detail }) => { if (detail === "plot-list") this.load(); });
    this.view.map.on("moveend", () => this.loadSoon());
    this.view.on("query", () => this.loadSoon());
    onAreaUnit(() => this.loadSoon());
    this.view.on("chosen", (choice) => this.onChosen(choice));
    this.list.addEventListener("focusin", ({ target }) => this.followFocus(target.closest("[role=option]")));
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.openCard([...this.list.children].indexOf(option));
    });
  }

  get isShown() {
    return this.page.side.isOpen && !this.root.hidden;
  }

  loadSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (this.isShown) this.load(); }, DELAY_MS);
  }

  async load() {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    const parameters = queryParameters(this.view.query, { bbox: boxText(this.view.map.getBounds()), limit: LIMIT });
    try {
      const answer = await fetchJson(`/table/plots/keys.json?${parameters}`, { signal: request.signal });
      this.show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.title.textContent = error.message;
      this.list.replaceChildren();
    }
  }

  show({ plots, total }) {
    this.title.textContent = `视野内 ${formatNumber(total, 0)} 宗${total > plots.length ? `（列出最大的 ${plots.length} 宗）` : ""}`;
    const hadFocus = this.list.contains(document.activeElement);
    const kept = this.list.children[this.active]?.dataset.key;
    this.list.replaceChildren(...plots.map((plot, i) =>
      el("li", { role: "option", tabindex: "-1", "data-key": plot.key, "aria-posinset": i + 1, "aria-setsize": plots.length }, plotWords(plot)),
    ));
    const at = plots.findIndex(({ key }) => key === kept);
    this.active = -1;
    if (plots.length) this.setActive(Math.max(0, at), { isFocused: hadFocus });
    this.onChosen(this.page.chosen);
  }

  /** One option is in the tab order; it is the one that the map marks. */
  setActive(i, { isFocused = true } = {}) {
    this.list.children[this.active]?.setAttribute("tabindex", "-1");
    this.active = i;
    const option = this.list.children[i];
    option.setAttribute("tabindex", "0");
    if (isFocused) option.focus();
  }

  /** A screen reader may put the focus on any option: keys mean that one. */
  followFocus(option) {
    const at = [...this.list.children].indexOf(option);
    if (at >= 0 && at !== this.active) this.setActive(at, { isFocused: false });
  }

  onChosen(choice) {
    const key = choice?.register === "plots" ? choice.key : null;
    for (const option of this.list.children) option.setAttribute("aria-selected", String(option.dataset.key === key));
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.list.children.length - 1;
    const target = { ArrowDown: Math.min(last, this.active + 1), ArrowUp: Math.max(0, this.active - 1), Home: 0, End: last }[event.key];
    if (last < 0) return;
    if (target !== undefined) this.goTo(target);
    else if (event.key === "Enter") this.openCard(this.active);
    else if (event.key.length !== 1 || !this.type(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Typed letters go to the first code that starts with them, or holds them. */
  type(letter) {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => { this.typed = ""; }, TYPING_MS);
    this.typed += letter.toLowerCase();
    const keys = [...this.list.children].map((option) => option.dataset.key.toLowerCase());
    const starting = keys.findIndex((key) => key.startsWith(this.typed));
    const found = starting >= 0 ? starting : keys.findIndex((key) => key.includes(this.typed));
    if (found >= 0) this.goTo(found);
    return true;
  }

  /** Move to an option and mark its plot on the map, which stays where it is. */
  async goTo(i) {
    this.setActive(i);
    const { key } = this.list.children[i].dataset;
    const feature = await this.page.fetchFeature("plots", key);
    if (feature && this.list.children[this.active]?.dataset.key === key) this.view.highlight(feature);
  }

  async openCard(i) {
    this.setActive(i);
    const option = this.list.children[i];
    const { key } = option.dataset;
    const feature = await this.page.fetchFeature("plots", key);
    const returnTo = { focus: () => this.takeFocus(option) };
    this.page.choose({ register: "plots", key, label: option.textContent, feature, returnTo });
  }

  /** Back from the card, which closes the column on a narrow screen. */
  takeFocus(option) {
    if (!this.page.side.isOpen) this.page.side.setOpen(true);
    (option.isConnected ? option : this.list.querySelector("[tabindex='0']") ?? this.list).focus();
  }
}

export function attach(page) {
  page.plotList = new PlotList(document.getElementById("plot-list-panel"), page);
}
