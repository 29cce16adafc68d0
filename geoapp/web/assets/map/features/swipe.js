/** Two maps under one curtain: two days, two colourings of the plots, or two basemaps. The left one is the map itself. */

import { el, fetchJson } from "../../page.js";
import { BreaksForm } from "../breaks_form.js";
import { legendParts } from "../legend.js";
import { queryText } from "../register_layer.js";
import { Curtain } from "./swipe_curtain.js";
import { BASEMAP_IDS, SwipeBasemaps } from "./swipe_basemaps.js";

const PANE = "swipe";
const DAY = /^\d{4}-\d\d-\d\d$/;
const NOW = "now";
const BREAKS = "breaks";

/** What the address says: "day:2024-12-31", "style:grade", "basemap", "basemap:none,compare"; null for nothing sound. */
export function parseSwipe(text) {
  const [kind, ...rest] = (text ?? "").split(":");
  const value = rest.join(":");
  if (kind === "day" && (value === NOW || DAY.test(value))) return { kind, right: value === NOW ? "" : value };
  if (kind === "style" && value) return { kind, right: value };
  if (kind !== "basemap") return null;
  const [left = "basemap", right = "compare"] = value ? value.split(",") : [];
  return [left, right].every((id) => BASEMAP_IDS.includes(id)) ? { kind, left, right } : null;
}

/** The day before, as a first thing to compare with today: the end of last year. */
const lastYearsEnd = () => `${new Date().getFullYear() - 1}-12-31`;

class SwipeTool {
  constructor(page) {
    this.page = page;
    this.view = page.view;
    this.state = null; // {kind, left?, right}
    this.companion = null;
    this.button = document.getElementById("swipe-tool");
    this.panel = document.getElementById("swipe-panel");
    this.basemaps = new SwipeBasemaps(this.view);
    this.breaks = new BreaksForm(this.panel.querySelector("[data-breaks]"), (id) => this.set({ kind: "style", right: id }));
    this.breaks.close();
    this.listen();
    page.permalink.addPart("swipe", { read: () => this.address, apply: (text) => this.apply(parseSwipe(text)) });
  }

  part(name) {
    return this.panel.querySelector(`[data-${name}]`);
  }

  /** The control of one side. */
  side(kind, name) {
    return this.panel.querySelector(`[data-sides="${kind}"] [name="${name}"]`);
  }

  listen() {
    this.button.addEventListener("click", () => this.toggle());
    this.part("close").addEventListener("click", () => this.close());
    this.part("fold").addEventListener("click", () => this.setFolded(!this.part("body").hidden));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    });
    for (const button of this.panel.querySelectorAll("[data-kind]")) {
      button.addEventListener("click", () => this.set(this.firstChoice(button.dataset.kind)));
    }
    for (const group of this.panel.querySelectorAll("[data-sides]")) group.addEventListener("change", (event) => this.onSide(group.dataset.sides, event.target));
    // The right side follows what changes on the map.
    this.view.on("query", () => this.mirror());
    this.view.on("legend", (layer) => { if (layer.stack === this.view.stack) this.mirror(); });
    this.view.on("layerstate", () => this.mirror());
    for (const kind of ["input", "change"]) this.page.panel.root.addEventListener(kind, () => queueMicrotask(() => this.mirror()));
  }

  /* On and off */

  get address() {
    if (!this.state) return null;
    const { kind, left, right } = this.state;
    if (kind === "day") return `day:${right || NOW}`;
    if (kind === "style") return `style:${right}`;
    return left === "basemap" && right === "compare" ? "basemap" : `basemap:${left},${right}`;
  }

  /** Leave only the panel's title, so that nothing lies on the right side. */
  setFolded(isFolded) {
    this.part("body").hidden = isFolded;
    this.part("fold").textContent = isFolded ? "展开" : "收起";
    this.part("fold").setAttribute("aria-expanded", String(!isFolded));
  }

  toggle() {
    if (this.state) this.close();
    else this.set(this.firstChoice("day"));
  }

  close() {
    this.apply(null);
    this.page.permalink.writeSoon();
    this.button.focus();
  }

  /** The user chose what to compare. */
  set(state) {
    this.apply(state);
    this.page.permalink.writeSoon();
  }

  firstChoice(kind) {
    if (kind === "day") return { kind, right: this.view.query.at ? "" : lastYearsEnd() };
    if (kind === "basemap") return { kind, ...this.basemaps.firstChoice };
    const plots = this.view.layers.get("plots");
    const other = plots.config.schemes.find((scheme) => scheme.id !== plots.scheme.id) ?? plots.scheme;
    return { kind, right: other.id };
  }

  /** Bring curtain, second picture and panel in line with a state; null takes all away. */
  apply(state) {
    const usable = state?.kind === "style" && !this.view.layers.has("plots") ? null : state;
    const isOther = usable?.kind !== this.state?.kind;
    this.state = usable;
    this.button.setAttribute("aria-pressed", String(Boolean(usable)));
    this.panel.hidden = !usable;
    if (!usable || isOther) this.takeDown();
    if (!usable) return;
    this.curtain ??= new Curtain(this.view, () => this.close());
    if (usable.kind === "basemap") this.basemaps.show(usable);
    else this.showCompanion(usable);
    if (usable.kind === "day" && usable.right) this.sayOfDay(usable.right);
    this.showPanel();
    this.hang();
  }

  takeDown() {
    this.page.toasts.hide("swipe");
    this.setFolded(false);
    this.curtain?.remove();
    this.curtain = null;
    this.view.curtain = null;
    this.companion?.remove();
    this.companion = null;
    this.basemaps.restore();
    this.breaks.close();
  }

  /* The right side's registers */

  /** Say so where the right side is empty because there were no data yet. */
  async sayOfDay(day) {
    const answer = await fetchJson(`/table/plots.json?${new URLSearchParams({ at: day, size: "1" })}`).catch(() => null);
    if (answer?.note && this.state?.right === day) this.page.toasts.show("swipe", answer.note);
  }

  /** Day and colouring of the right side. */
  get wanted() {
    const { kind, right } = this.state;
    const { filter, projects, at } = this.view.query;
    const style = this.view.layers.get("plots")?.scheme.id ?? null;
    return kind === "day" ? { query: { filter, projects, at: right }, schemeId: style } : { query: { filter, projects, at }, schemeId: right };
  }

  showCompanion() {
    if (this.companion) {
      this.mirror();
      return;
    }
    this.companion = this.view.addCompanion({ pane: PANE, ...this.wanted, hasNames: this.state.kind === "day" });
  }

  /** Let the right side show the same registers as the left, but for what is compared. */
  mirror() {
    const { companion, state } = this;
    if (!state) return;
    if (companion) {
      const { query, schemeId } = this.wanted;
      companion.setQuery(query);
      const plots = companion.stack.layers.get("plots");
      if (plots && plots.scheme.id !== schemeId && schemeId !== this.refused) this.setScheme(schemeId);
      for (const layer of this.view.layers.values()) {
        const other = companion.stack.layers.get(layer.id);
        if (other.isVisible !== layer.isVisible) other.setVisible(layer.isVisible);
        if (other.opacity !== layer.opacity) other.setOpacity(layer.opacity);
        if (other.isLabelled !== layer.isLabelled) other.setLabelled(layer.isLabelled);
      }
    }
    this.showPanel();
    this.hang();
  }

  async setScheme(id) {
    const isThere = await this.companion.setScheme(id);
    if (!this.state || !this.companion) return;
    if (isThere === false) this.refused = id; // the map has said why; it is not asked again and again
    this.hang();
  }

  /* Names and cuts */

  hang() {
    const { kind, left, right } = this.state;
    if (kind === "basemap") {
      const elements = this.basemaps.elements(this.state);
      this.curtain.hang(elements.left, elements.right, [this.basemaps.nameOf(left), this.basemaps.nameOf(right)]);
      return;
    }
    const { map, query } = this.view;
    const names = kind === "day" ? [dayName(query.at), dayName(right)] : [this.styleName(this.view.stack), this.styleName(this.companion.stack)];
    const panes = (...ids) => ids.map((id) => map.getPane(id)).filter(Boolean);
    // Two colourings have the same names: they are written once, across the line.
    const sides = kind === "day" ? [panes("registers", "labels"), panes(PANE, `${PANE}-labels`)] : [panes("registers"), panes(PANE)];
    this.curtain.hang(...sides, names);
    const { curtain } = this;
    this.view.curtain = { kind, names, stack: this.companion.stack, get share() { return curtain.share; } };
    if (kind === "style") this.showLegend(names[1]);
  }

  /** What a built-in colouring is called. */
  schemeName(id) {
    const scheme = this.view.layers.get("plots").config.schemes.find((each) => each.id === id);
    return scheme?.zh || this.page.panel.color?.querySelector(`option[value="${CSS.escape(id)}"]`)?.textContent || id;
  }

  styleName(stack) {
    const { look } = stack.layers.get("plots");
    return look.zh || this.schemeName(look.id);
  }

  /* The panel */

  showPanel() {
    const { kind } = this.state;
    for (const button of this.panel.querySelectorAll("[data-kind]")) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    for (const group of this.panel.querySelectorAll("[data-sides]")) group.hidden = group.dataset.sides !== kind;
    this.panel.querySelector('[data-kind="basemap"]').disabled = !this.basemaps.isPossible;
    this.part("hint").textContent = this.hint;
    if (kind === "day") this.showDays();
    else if (kind === "style") this.showStyles();
    else this.showBasemaps();
  }

  get hint() {
    const handle = "拖动地图上的手柄，或选中手柄后按左右方向键。";
    if (this.basemaps.isPossible) return handle;
    return `${handle}没有设置底图（设置 basemap），不能对比底图。`;
  }

  showDays() {
    const values = { left: this.view.query.at, right: this.state.right };
    for (const [name, value] of Object.entries(values)) {
      const input = this.side("day", name);
      input.max = new Date().toLocaleDateString("sv");
      if (document.activeElement !== input) input.value = value;
    }
    this.part("changes").href = this.changesAddress(values);
  }

  /** The list of what differs between the two days, the earlier one first. */
  changesAddress({ left, right }) {
    const [from, to] = [left, right].sort((a, b) => (a || "9999").localeCompare(b || "9999"));
    const { filter } = this.view.query;
    return `/changes?${queryText({ from, to, filter })}`;
  }

  showStyles() {
    const plots = this.view.layers.get("plots");
    const builtIn = plots.config.schemes.map(({ id }) => [id, this.schemeName(id)]);
    const isBuiltIn = (id) => builtIn.some(([known]) => known === id);
    const own = isBuiltIn(plots.scheme.id) ? [] : [[plots.scheme.id, plots.look.zh || plots.scheme.id]];
    setOptions(this.side("style", "left"), [...builtIn, ...own], plots.scheme.id);
    const { right } = this.state;
    setOptions(this.side("style", "right"), [...builtIn, [BREAKS, "按数值分级…"]], isBuiltIn(right) ? right : BREAKS);
    if (isBuiltIn(right)) this.breaks.close();
    else if (this.breaks.form.hidden) this.breaks.show(right);
  }

  showBasemaps() {
    const choices = this.basemaps.choices.map((id) => [id, this.basemaps.nameOf(id)]);
    for (const name of ["left", "right"]) setOptions(this.side("basemap", name), choices, this.state[name]);
  }

  /** The left side's legend is the layer panel's. */
  showLegend(name) {
    const { look, config } = this.companion.stack.layers.get("plots");
    if (this.legendOf === look) return;
    this.legendOf = look;
    this.part("legend-right").replaceChildren(el("p", { class: "swipe-legend-name" }, `右侧：${name}`), ...legendParts(look, config.geometry));
  }

  onSide(kind, control) {
    const { value, name } = control;
    if (kind === "basemap") this.set({ ...this.state, [name]: value });
    else if (kind === "day" && control.validity.badInput) return;
    else if (name === "right") this.setRight(kind, value);
    else if (kind === "day") this.view.setQuery({ at: value });
    else this.page.panel.pickColor(value);
  }

  setRight(kind, value) {
    if (kind === "style" && value === BREAKS) this.breaks.open();
    else this.set({ kind, right: value });
  }
}

/** Give a select its options; left alone where it has them, for it may be open. */
function setOptions(select, pairs, value) {
  const has = [...select.options].map((option) => [option.value, option.textContent]);
  if (JSON.stringify(has) !== JSON.stringify(pairs)) select.replaceChildren(...pairs.map(([id, words]) => el("option", { value: id }, words)));
  if (select.value !== value) select.value = value;
}

/** A day as the label of a side. */
function dayName(day) {
  if (!day) return "现在";
  const [year, month, date] = day.split("-").map(Number);
  return `${year}年${month}月${date}日`;
}

export function attach(page) {
  return new SwipeTool(page);
}
