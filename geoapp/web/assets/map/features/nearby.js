/** What lies around a plot or a drawn place: the plots within a distance, and the nearest records of a register. */

import { areaWords, muToM2 } from "../../area_unit.js";
import { el, fetchJson, formatNumber } from "../../page.js";
import { drawGeometry } from "./draw.js";
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
    this.part("buffer").addEventListener("submit", (event) => this.submit(event, () => this.buffer()));
    this.part("nearest").addEventListener("submit", (event) => this.submit(event, () => this.findNearest()));
    this.part("select-inside").addEventListener("click", () => this.view.selection.set(this.found));
    this.part("clear").addEventListener("click", () => this.clear());
    this.offerRegisters();
    this.view.on("choose", (choice) => this.follow(choice));
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

  async buffer() {
    const radius = this.part("buffer").elements.radius.valueAsNumber;
    const answer = await ask(this.view, "/plots/buffer.json", { ...this.centre, radius_m: radius });
    this.ring?.remove();
    this.ring = drawGeometry(this.view, answer.geometry, RING);
    this.view.map.fitBounds(this.ring.getBounds(), { maxZoom: 17, padding: [40, 40] });
    this.found = answer.keys;
    const { plot_count: count, site_area_mu: area } = answer.summary;
    this.part("buffer-words").textContent = `${formatNumber(radius, 0)} 米内有 ${formatNumber(count, 0)} 宗地块，共 ${areaWords(muToM2(area))}。`;
    this.part("select-inside").hidden = !answer.keys.length;
    this.part("buffer-result").hidden = false;
  }

  async findNearest() {
    const { register, count } = this.part("nearest").elements;
    const query = new URLSearchParams({ count: count.value });
    if (this.centre.key) {
      query.set("of", this.centre.key);
    } else {
      // The server measures from a point: of a line or a polygon, from the middle of its box, and the panel says so.
      const { lng, lat } = this.view.L.geoJSON(this.centre.geometry).getBounds().getCenter();
      query.set("lon", lng.toFixed(8));
      query.set("lat", lat.toFixed(8));
    }
    const { filter, at } = this.view.query;
    if (at) query.set("at", at);
    if (filter && register.value === "plots") query.set("filter", filter);
    const { records } = await fetchJson(`/layers/${register.value}/nearest.json?${query}`);
    const list = this.part("list");
    list.replaceChildren(...(records.length ? records.map((record) => this.row(register.value, record)) : [el("li", {}, "没有找到。")]));
    list.hidden = false;
    const isFromMiddle = this.centre.geometry && this.centre.geometry.type !== "Point";
    this.part("nearest-words").textContent = isFromMiddle ? "距离从图形的中心点量起。" : "距离是图形之间的最短距离。";
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
