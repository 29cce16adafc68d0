/** Measuring on the ellipsoid: lines and polygons, each and their sum. */

import { el } from "../../page.js";
import { drawGeometry } from "./draw.js";
import { length, polygonArea } from "./geodesic.js";
import { areaIn, areaWords, lengthWords } from "./measures.js";
import { PanelTool } from "./panel_tool.js";

const LOOK = { color: "#7a3e9d", weight: 3, fillColor: "#7a3e9d", fillOpacity: 0.12 };

class MeasureTool extends PanelTool {
  constructor(page) {
    super(page, "measure");
    this.kind = "line";
    this.results = [];
    for (const button of this.parts("measure")) button.addEventListener("click", () => this.setKind(button.dataset.measure));
    this.part("clear").addEventListener("click", () => this.clear());
  }

  start() {
    this.setKind(this.kind);
  }

  setKind(kind) {
    this.kind = kind;
    this.press(this.parts("measure"), this.parts("measure").find((button) => button.dataset.measure === kind));
    this.setDraw(kind, (shape) => this.add(shape));
  }

  add({ kind, places, geometry }) {
    const value = kind === "line" ? length(places) : polygonArea(geometry);
    const result = { kind, value, layer: drawGeometry(this.view, geometry, LOOK) };
    result.layer.addLayer(this.label(kind, places, value));
    this.results.push(result);
    this.show();
  }

  /** The size on the map: of a line the running length at every corner. */
  label(kind, places, value) {
    const { L } = this.view;
    const tag = ([lon, lat], text, direction) => {
      const words = document.createElement("span");
      words.textContent = text;
      const options = { permanent: true, direction, className: "measure-label", offset: direction === "right" ? [6, 0] : [0, 0] };
      return L.tooltip(options).setLatLng([lat, lon]).setContent(words);
    };
    if (kind === "line") {
      const running = places.map((place, i) => tag(place, lengthWords(length(places.slice(0, i + 1))), "right"));
      return L.layerGroup(running.slice(1));
    }
    const middle = [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
    return tag(middle, areaIn(value), "center");
  }

  remove(result) {
    result.layer.remove();
    this.results = this.results.filter((other) => other !== result);
    this.show();
  }

  clear() {
    for (const { layer } of this.results) layer.remove();
    this.results = [];
    this.show();
  }

  show() {
    this.part("list").replaceChildren(...this.results.map((result) => this.row(result)));
    for (const [kind, words] of [["line", lengthWords], ["polygon", areaWords]]) {
      const values = this.results.filter((result) => result.kind === kind).map(({ value }) => value);
      const sum = this.panel.querySelector(`[data-sum=${kind}]`);
      sum.hidden = values.length < 2;
      sum.querySelector("dd").textContent = `${words(values.reduce((total, value) => total + value, 0))}（${values.length} 个）`;
    }
  }

  row(result) {
    const words = result.kind === "line" ? `距离 ${lengthWords(result.value)}` : `面积 ${areaWords(result.value)}`;
    const remove = el("button", { type: "button", class: "row-remove", "aria-label": `删除：${words}`, onclick: () => this.remove(result) }, "×");
    return el("li", { "data-value": result.value }, el("span", {}, words), remove);
  }
}

export function attach(page) {
  page.measure = new MeasureTool(page);
}
