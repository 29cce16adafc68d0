/** The bar at the map's foot: what the selected plots add up to, by the server's sums, and what can be done with them. */

import { muToM2, onAreaUnit, withUnit } from "../../area_unit.js";
import { formatNumber } from "../../page.js";
import { areaIn } from "./measures.js";
import { askSelection } from "./selection_request.js";

const MOST_EXPORTED = 500;
const MOST_IN_ADDRESS = 100;
const MOST_PLANNED = 500;
const TYPING_MS = 350;
/** A code as a CQL2 literal. */
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** The filter that means exactly these plots. */
export const filterOfKeys = (keys) => `plot_code IN (${[...keys].map(quoted).join(",")})`;

export class SelectionBar {
  constructor(root, page) {
    this.root = root;
    this.page = page;
    this.view = page.view;
    this.answer = null;
    this.request = null;
    this.removed = 0;
    this.part = (name) => root.querySelector(`[data-${name}]`);
    onAreaUnit(() => { if (this.answer) this.render(); });
    this.part("target").addEventListener("input", () => this.askSoon(TYPING_MS));
    this.part("target").addEventListener("change", () => this.settleTarget());
    this.part("zoom").addEventListener("click", () => this.zoomTo());
    this.part("table").addEventListener("click", () => this.openTable());
    this.part("clear").addEventListener("click", () => this.view.selection.clear());
    this.part("export").addEventListener("toggle", () => this.offerFiles());
    document.addEventListener("click", (event) => {
      if (!this.part("export").contains(event.target)) this.part("export").open = false;
    });
    root.addEventListener("keydown", (event) => this.onKey(event));
    this.view.on("selection", () => this.onSelection());
    this.view.on("query", () => this.askSoon(0));
  }

  /** The plot ratio wished for; the server's own default where nothing sensible is typed. */
  get target() {
    const value = this.part("target").valueAsNumber;
    return value > 0 && value <= 10 ? value : undefined;
  }

  /** What is no plot ratio gives way to the one that the sums are made with. */
  settleTarget() {
    if (this.target !== undefined) return;
    const used = this.answer?.summary.far_target;
    if (!used) return;
    this.part("target").value = used.toFixed(1);
    this.page.toasts.show("target", `目标容积率应为大于 0、不超过 10 的数，现按 ${this.part("target").value} 计算。`);
    this.askSoon(0);
  }

  get keys() {
    return [...this.view.selection.keys];
  }

  onKey(event) {
    if (event.key !== "Escape" || !this.part("export").open) return;
    event.preventDefault();
    this.part("export").open = false;
    this.part("export").querySelector("summary").focus();
  }

  /** Select what the server answered, without asking again for sums that came along. */
  take(answer) {
    clearTimeout(this.timer);
    this.request?.abort();
    this.isKnown = true;
    this.view.selection.set(answer.keys);
    this.isKnown = false;
    this.removed = 0;
    this.show(answer);
  }

  onSelection() {
    this.part("export").open = false;
    this.root.hidden = !this.view.selection.keys.size;
    if (this.root.hidden) this.removed = 0;
    if (!this.isKnown) this.askSoon(0);
  }

  askSoon(delay) {
    clearTimeout(this.timer);
    this.request?.abort();
    this.isAsking = false;
    if (!this.view.selection.keys.size) return;
    this.isAsking = true;
    this.wait();
    this.timer = setTimeout(() => this.ask(), delay);
  }

  async ask() {
    const request = new AbortController();
    this.request = request;
    const { keys } = this;
    try {
      const answer = await askSelection(this.view, { keys, far_target: this.target }, { signal: request.signal });
      this.removed = keys.length - answer.keys.length;
      if (this.removed) {
        this.isKnown = true;
        this.view.selection.set(answer.keys);
        this.isKnown = false;
      }
      this.show(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.isAsking = false;
      this.stopWaiting();
      this.page.toasts.show("selection", error.message);
    }
  }

  wait() {
    this.root.setAttribute("aria-busy", "true");
  }

  /** Unless another answer is on its way. */
  stopWaiting() {
    if (this.isAsking) return;
    this.root.removeAttribute("aria-busy");
  }

  show(answer) {
    this.answer = answer;
    this.isAsking = false;
    this.stopWaiting();
    this.render();
  }

  render() {
    const { summary } = this.answer;
    const count = this.view.selection.keys.size;
    if (!count && this.removed) this.page.toasts.show("selection", `选中的 ${this.removed} 宗都不在当前筛选内或不存在，已全部移出。`);
    this.root.hidden = !count;
    const say = (name, text) => { this.root.querySelector(`[data-figure=${name}]`).textContent = text; };
    say("count", `${formatNumber(summary.plot_count, 0)} 宗`);
    say("site", areaIn(muToM2(summary.site_area_mu)));
    say("developable", areaIn(muToM2(summary.developable_mu)));
    say("constrained", areaIn(muToM2(summary.constrained_mu)));
    say("far", formatNumber(summary.far));
    say("potential", potentialWords(summary.potential_gfa_m2));
    this.showNotes(count);
    const compare = this.part("compare");
    compare.hidden = count !== 2;
    this.offerWhatIf();
    if (count === 2) compare.href = `/compare?plots=${this.keys.map(encodeURIComponent).join(",")}${this.view.query.at ? `&at=${this.view.query.at}` : ""}`;
  }

  /** A what-if holds every code in its address; a code with a comma cannot stand there. */
  offerWhatIf() {
    const { keys } = this;
    const link = this.part("whatif");
    link.hidden = !keys.length || keys.length > MOST_PLANNED || keys.some((key) => key.includes(","));
    if (!link.hidden) link.href = `/whatif?${new URLSearchParams({ plots: keys.join(","), ...(this.view.query.at ? { at: this.view.query.at } : {}) })}`;
  }

  showNotes(count) {
    const notes = [
      this.removed && this.answer.filtered_out ? `${this.answer.filtered_out} 宗不在当前筛选内，已移出选择。` : "",
      ...(this.answer.notes ?? []),
      count > MOST_IN_ADDRESS ? `超过 ${MOST_IN_ADDRESS} 宗，网址和书签不记录所选地块。` : "",
      this.answer.truncated ? `只列出并标出前 ${formatNumber(count, 0)} 宗，合计是全部的。` : "",
    ].filter(Boolean);
    this.part("notes").textContent = notes.join("");
    this.part("notes").hidden = !notes.length;
  }

  zoomTo() {
    if (!this.answer?.bounds) return;
    const [west, south, east, north] = this.answer.bounds;
    this.view.map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [60, 60] });
  }

  /** The table marks the selected plots by itself. */
  openTable() {
    const toggle = document.getElementById("table-toggle");
    if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
    this.view.emit("showtable", { register: "plots", keys: this.keys });
  }

  /** The files' addresses are made when someone wants them: they hold every code. */
  offerFiles() {
    this.part("export").querySelector("summary").setAttribute("aria-expanded", String(this.part("export").open));
    if (!this.part("export").open) return;
    const { keys } = this;
    const isTooMany = keys.length > MOST_EXPORTED;
    this.part("too-many").hidden = !isTooMany;
    const query = new URLSearchParams({ filter: filterOfKeys(isTooMany ? [] : keys) });
    if (this.view.query?.at) query.set("at", this.view.query.at);
    withUnit(query);
    for (const link of this.root.querySelectorAll("[data-suffix]")) {
      link.hidden = isTooMany;
      link.href = `/table/plots.${link.dataset.suffix}?${query}`;
    }
  }
}

function potentialWords(m2) {
  if (m2 === null || m2 === undefined) return "—";
  return `${formatNumber(m2 / 10000)} 万平方米（${formatNumber(m2, 0)} m²）`;
}
