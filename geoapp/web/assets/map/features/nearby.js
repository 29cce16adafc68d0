/** What lies around a plot or a drawn place: the plots within a distance, and the nearest records of a register. */

import { areaWords, muToM2, onAreaUnit } from "../../area_unit.js";
import { el, fetchJson, formatNumber } from "../../page.js";
import { drawGeometry } from "./draw.js";
import { queryParameters } from "./filter_totals.js";
import { lengthWords } from "./measures.js";
import { PanelTool } from "./panel_tool.js";
import { ask } from "./selection_request.js";

const RING = { color: "#b35900", weight: 2, fillColor: "#b35900", fillOpacity: 0.07 };
const CENTRE = { color: "#b35900", weight: 3, fillColor: "#fff", fillOpacity: 0.9 };
const WORDS = { point: "画的点", line: "画的线", polygon: "画的面" };

class NearbyTool extends PanelTool {
  constructor(page) {
    super(page, "nearby");
    this.centre = null;
    this.layers = [];
    for (const button of this.parts("from")) button.addEventListener("click", () => this.chooseCentre(button));
    this.part("buffer").addEventListener("submit", (event) => this.submit(event, () => this.showBuffer()));
    this.part("nearest").addEventListener("submit", (event) => this.submit(event, () => this.findNearest()));
    this.part("select-inside").addEventListener("click", () => this.view.selection.set(this.found));
    this.part("clear").addEventListener("click", () => this.clear());
    this.offerRegisters();
    this.view.on("choose", (choice) => this.follow(choice));
    this.view.on("query", () => this.askAgain());
    onAreaUnit(() => { if (this.around) this.showAround(); });
  }

  /** Another filter or day: what is on show is asked for again, the map stays where it is. */
  askAgain() {
    if (this.around) this.attempt(() => this.buffer(this.around.radius_m));
    if (this.asked) this.attempt(() => this.findNearest(this.asked));
  }

  offerRegisters() {
    const options = [...this.view.layers.values()].reverse()
      .filter(({ config }) => !config.isEmpty)
      .map(({ config }) => el("option", { value: config.id }, config.title));
    this.part("nearest").elements.register.replaceChildren(...options);
  }

  start() {
    if (this.centre) return;
    if (this.page.chosen?.register === "plots") this.chooseCentre(this.parts("from")[0]);
    else this.chooseCentre(this.parts("from")[1]);
  }

  stop() {
    this.press(this.parts("from"), null);
  }

  /** With the panel open, the plot that is clicked becomes the centre. */
  follow(choice) {
    if (this.panel.hidden || this.draw || choice?.register !== "plots") return;
    this.setPlot(choice);
  }

  chooseCentre(button) {
    this.press(this.parts("from"), button);
    const kind = button.dataset.from;
    if (kind !== "plot") {
      this.drawOnce(kind, ({ geometry }) => {
        this.press(this.parts("from"), null);
        this.setCentre({ geometry }, WORDS[kind]);
      });
      return;
    }
    this.setDraw(null);
    this.press(this.parts("from"), null);
    const [only] = this.view.selection.keys.size === 1 ? this.view.selection.keys : [];
    if (this.page.chosen?.register === "plots") this.setPlot(this.page.chosen);
    else if (only) this.setPlot({ key: only });
    else this.warn("还没有选中地块：在地图上单击一宗地块。");
  }

  setPlot({ key, feature, label }) {
    const name = feature?.properties?.label ?? label;
    this.setCentre({ key }, name && name !== key ? `${name}（${key}）` : key);
  }

  setCentre(centre, words) {
    this.clearResults();
    this.warn();
    this.centre = centre;
    this.part("centre").textContent = words;
    if (centre.geometry) this.layers.push(drawGeometry(this.view, centre.geometry, CENTRE));
  }

  submit(event, work) {
    event.preventDefault();
    if (this.centre) this.attempt(work);
    else this.warn("请先选定从哪里量：单击一宗地块，或画点、线、面。");
  }

  async showBuffer() {
    if (await this.buffer(this.part("buffer").elements.radius.valueAsNumber)) {
      this.view.map.fitBounds(this.ring.getBounds(), { maxZoom: 17, padding: [40, 40] });
    }
  }

  /**
   * @param {number} radius_m
   * @returns {Promise<boolean>} false where another centre was chosen or another query made meanwhile
   */
  async buffer(radius_m) {
    const { centre } = this;
    const { query } = this.view;
    const answer = await ask(this.view, "/plots/buffer.json", { ...centre, radius_m });
    if (centre !== this.centre || query !== this.view.query) return false;
    this.ring?.remove();
    this.ring = drawGeometry(this.view, answer.geometry, RING);
    this.found = answer.keys;
    this.around = { radius_m, ...answer.summary };
    this.showAround();
    this.part("select-inside").hidden = !answer.keys.length;
    this.part("buffer-result").hidden = false;
    return true;
  }

  showAround() {
    const { radius_m: radius, plot_count: count, site_area_mu: area } = this.around;
    const scope = this.view.query.filter ? "（按当前筛选）" : "";
    this.part("buffer-words").textContent = `${formatNumber(radius, 0)} 米内有 ${formatNumber(count, 0)} 宗地块${scope}，共 ${areaWords(muToM2(area))}。`;
  }

  findNearest(wanted) {
    const { register, count } = this.part("nearest").elements;
    if (!register.value) {
      this.warn("还没有带图形的记录，没有可找的。请先导入台账。");
      return null;
    }
    return this.nearest(wanted ?? { register: register.value, count: count.valueAsNumber });
  }

  /** List the records of a register nearest to the centre; the filter is one of plots. */
  async nearest({ register, count }) {
    const { centre } = this;
    const { query } = this.view;
    const scope = { filter: register === "plots" ? query.filter : "", at: query.at };
    const address = `/layers/${register}/nearest.json`;
    const { records } = centre.key
      ? await fetchJson(`${address}?${queryParameters(scope, { count, of: centre.key })}`)
      : await ask({ query: scope }, address, { geometry: centre.geometry, count });
    if (centre !== this.centre || query !== this.view.query) return;
    this.asked = { register, count };
    const list = this.part("list");
    list.replaceChildren(...(records.length ? records.map((record) => this.row(register, record)) : [el("li", {}, "没有找到。")]));
    list.hidden = false;
    this.part("nearest-words").textContent = `${scope.filter ? "按当前筛选；" : ""}距离是图形之间的最短距离。`;
    this.part("nearest-words").hidden = false;
  }

  row(register, { key, title, distance_m: distance }) {
    const go = () => this.page.goTo({ register, key, label: title });
    return el("li", {}, el("button", { type: "button", class: "row-link", onclick: go }, title || key), el("span", { class: "row-number" }, lengthWords(distance)));
  }

  clearResults() {
    for (const layer of this.layers) layer.remove();
    this.ring?.remove();
    this.layers = [];
    this.ring = null;
    this.found = [];
    this.around = this.asked = null;
    this.part("buffer-result").hidden = true;
    this.part("list").hidden = true;
    this.part("nearest-words").hidden = true;
  }

  clear() {
    this.clearResults();
    this.warn();
    this.centre = null;
    this.part("centre").textContent = "尚未选定";
    this.start();
  }
}

export function attach(page) {
  page.nearby = new NearbyTool(page);
}
