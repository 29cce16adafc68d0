/** Measuring on the ellipsoid: lines and polygons, each and their sum. */

import { el } from "../../page.js";
import { drawGeometry } from "./draw.js";
import { length, polygonArea } from "./geodesic.js";
import { areaIn, areaWords, lengthWords } from "./measures.js";
import { PanelTool } from "./panel_tool.js";
import { MOST_CORNERS, placesOf, placesText } from "./shape_text.js";

const LOOK = { color: "#7a3e9d", weight: 3, fillColor: "#7a3e9d", fillOpacity: 0.12 };

const FEWEST_CORNERS = { line: 2, polygon: 3 };

/** What was measured, as an address says it: "line:lon lat,lon lat" and the like, one after the other. */
function resultsText(results) {
  if (results.reduce((sum, { places }) => sum + places.length, 0) > MOST_CORNERS) return null;
  return results.map(({ kind, places }) => `${kind}:${placesText(places)}`).join("/") || null;
}

/** The lines and polygons that such a text names; null where it is none. */
function resultsOf(text) {
  const shapes = text.split("/").map((one) => {
    const [kind, corners = ""] = one.split(":");
    const places = kind in FEWEST_CORNERS ? placesOf(corners, FEWEST_CORNERS[kind]) : null;
    return places && { kind, places, geometry: geometryOf(kind, places) };
  });
  return shapes.includes(null) ? null : shapes;
}

function geometryOf(kind, places) {
  return kind === "line" ? { type: "LineString", coordinates: places } : { type: "Polygon", coordinates: [[...places, places[0]]] };
}

class MeasureTool extends PanelTool {
  constructor(page) {
    super(page, "measure");
    this.kind = "line";
    this.results = [];
    for (const button of this.parts("measure")) button.addEventListener("click", () => this.setKind(button.dataset.measure));
    this.part("clear").addEventListener("click", () => this.clear());
    page.permalink.addPart("measures", { read: () => resultsText(this.results), apply: (text) => this.restore(text) });
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
    const result = { kind, places, value, layer: drawGeometry(this.view, geometry, LOOK) };
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

  /** What an address says was measured. */
  restore(text) {
    if (text === resultsText(this.results)) return;
    const shapes = text ? resultsOf(text) : [];
    if (!shapes) {
      this.page.toasts.show("measures", "地址里的量算读不出来，没有画出。");
      return;
    }
    this.clear();
    for (const shape of shapes) this.add(shape);
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
    this.page.permalink.writeSoon();
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
