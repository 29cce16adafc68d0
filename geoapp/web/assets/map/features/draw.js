/**
 * Drawing on the map by pointer or by keys: places, lines, polygons, boxes and circles, one after the other until the
 * tool is put down.
 *
 * By pointer: a click adds a corner, a double click finishes; boxes and circles are dragged, or made by two clicks.
 * By keys, with the map in focus: arrows move it, Enter adds its middle, Enter again at the same place finishes,
 * Backspace takes the last corner away. Escape drops what is half drawn, and only then the tool.
 */

import { isTyping } from "../search.js";
import { circleRing, distance, length, polygonArea } from "./geodesic.js";
import { areaWords, lengthWords } from "./measures.js";

const CLICK_PX = 4;
const CLOSE_PX = 9;
const SAME_MS = 450;
const AFTER_MS = 50;
const MIN_CORNERS = { line: 2, polygon: 3 };
const DRAGGED = ["box", "circle"];
export const SKETCH_LOOK = { color: "#d6006e", weight: 2, opacity: 1, fillColor: "#d6006e", fillOpacity: 0.08, dashArray: "6 4" };

const HINTS = {
  point: "单击地图选一个位置。",
  line: "单击加点，双击结束；退格键撤销一点，Esc 取消。",
  polygon: "单击加角点，双击或点回起点结束；退格键撤销一点，Esc 取消。",
  box: "按住拖出矩形，或单击两个对角。",
  circle: "从圆心按住向外拖，或先单击圆心、再单击圆上一点。",
};

/** The pane and renderer of everything the tools draw, above the registers; pointers go through it. */
export function sketchOptions(view) {
  const { L, map } = view;
  if (!map.getPane("sketch")) {
    const pane = map.createPane("sketch");
    pane.style.zIndex = "620";
    pane.style.pointerEvents = "none";
    view.sketchRenderer = L.svg({ pane: "sketch", padding: 0.5 });
  }
  return { pane: "sketch", renderer: view.sketchRenderer, interactive: false, pmIgnore: true };
}

/** Draw a GeoJSON geometry that a tool made or was given. */
export function drawGeometry(view, geometry, look = {}) {
  const options = { ...SKETCH_LOOK, dashArray: null, smoothFactor: 0.3, ...look, ...sketchOptions(view) };
  const pointToLayer = (_feature, place) => view.L.circleMarker(place, { ...options, radius: 5 });
  return view.L.geoJSON(geometry, { style: options, pointToLayer, interactive: false, pmIgnore: true }).addTo(view.map);
}

/** Whether two sections cross within both. */
export function isCrossing([a, b], [c, d]) {
  const side = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Whether the border of a polygon crosses itself. */
export function isSelfCrossing(corners) {
  const sections = corners.map((corner, i) => [corner, corners[(i + 1) % corners.length]]);
  return sections.some((section, i) => sections.slice(i + 2).some((other) => isCrossing(section, other)));
}

/** Corners of a box from two opposite ones. */
const boxRing = ([x1, y1], [x2, y2]) => [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
const closed = (ring) => ({ type: "Polygon", coordinates: [[...ring, ring[0]]] });

/**
 * What was drawn: {kind, places, geometry, circle}.
 * @param {string} kind
 * @param {[number, number][]} places lon, lat
 */
function shapeOf(kind, places) {
  const [first, second] = places;
  if (kind === "point") return { kind, places, geometry: { type: "Point", coordinates: first }, circle: null };
  if (kind === "line") return { kind, places, geometry: { type: "LineString", coordinates: places }, circle: null };
  if (kind === "polygon") return { kind, places, geometry: closed(places), circle: null };
  if (kind === "box") return { kind, places, geometry: closed(boxRing(first, second)), circle: null };
  const radius = distance(first, second);
  const geometry = { type: "Polygon", coordinates: [circleRing(first, radius)] };
  return { kind, places, geometry, circle: { lon: first[0], lat: first[1], radius_m: radius } };
}

export class Draw {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {import("./draw_hint.js").DrawHint} hint says what to do next
   * @param {"point" | "line" | "polygon" | "box" | "circle"} kind
   * @param {(shape: object) => void} onDone shape: kind, places, geometry, circle; isAdding and isRemoving by the keys held
   */
  constructor(view, hint, kind, onDone) {
    Object.assign(this, { view, hint, kind, onDone, places: [], cursor: null, press: null });
    this.container = view.map.getContainer();
    this.handlers = [
      [this.container, "pointerdown", (event) => this.onPress(event)],
      [window, "pointermove", (event) => this.onMove(event)],
      [window, "pointerup", (event) => this.onRelease(event)],
      [window, "pointercancel", () => { this.press = null; }],
      [document, "keydown", (event) => this.onKey(event)],
    ];
  }

  start() {
    const { map } = this.view;
    for (const [target, name, handler] of this.handlers) target.addEventListener(name, handler, true);
    this.container.classList.add("is-drawing");
    this.paused = ["doubleClickZoom", "boxZoom", ...(DRAGGED.includes(this.kind) ? ["dragging"] : [])].filter((name) => map[name].enabled());
    for (const name of this.paused) map[name].disable();
    this.hint.show(HINTS[this.kind], this.kind in MIN_CORNERS ? this : null);
  }

  stop() {
    for (const [target, name, handler] of this.handlers) target.removeEventListener(name, handler, true);
    this.container.classList.remove("is-drawing");
    for (const name of this.paused) this.view.map[name].enable();
    this.reset();
    this.hint.hide();
  }

  reset() {
    this.places = [];
    this.cursor = null;
    this.press = null;
    this.isDragged = false;
    this.paint();
  }

  pointOf(event) {
    return this.view.map.mouseEventToContainerPoint(event);
  }

  /** A pixel of the map as [lon, lat], in the world's first turn. */
  placeAt(point) {
    const { lng, lat } = this.view.map.containerPointToLatLng(point).wrap();
    return [lng, lat];
  }

  pixelOf([lon, lat]) {
    return this.view.map.latLngToContainerPoint([lat, lon]);
  }

  onPress(event) {
    if (event.button !== 0 || !event.isPrimary || event.target.closest(".leaflet-control")) return;
    const point = this.pointOf(event);
    this.press = { point };
    this.isDragged = false;
    if (DRAGGED.includes(this.kind) && !this.places.length) {
      this.places = [this.placeAt(point)];
      this.press.isFirst = true;
    }
  }

  onMove(event) {
    if (!event.isPrimary || (!this.press && !this.container.contains(event.target))) return;
    const point = this.pointOf(event);
    if (this.press && point.distanceTo(this.press.point) > CLICK_PX) this.isDragged = true;
    this.cursor = this.placeAt(point);
    this.paint();
  }

  onRelease(event) {
    if (!this.press || !event.isPrimary) return;
    const { isFirst } = this.press;
    this.press = null;
    const point = this.pointOf(event);
    if (DRAGGED.includes(this.kind)) {
      if (this.isDragged || !isFirst) this.addPlace(this.placeAt(point), event);
    } else if (!this.isDragged) {
      this.addClick(point, event);
    }
  }

  /** A click: a corner more, or the end where it is the second at the same place or hits the first corner. */
  addClick(point, event) {
    const isSecond = this.last && point.distanceTo(this.last.point) <= CLICK_PX && event.timeStamp - this.last.time < SAME_MS;
    this.last = { point, time: event.timeStamp };
    const isClosing = this.kind === "polygon" && this.places.length > 2 && point.distanceTo(this.pixelOf(this.places[0])) <= CLOSE_PX;
    if (isSecond || isClosing) this.finish(event);
    else this.addPlace(this.placeAt(point), event);
  }

  addPlace(place, event) {
    this.places.push(place);
    const isWhole = this.kind === "point" || (DRAGGED.includes(this.kind) && this.places.length === 2);
    if (isWhole) this.finish(event);
    else this.paint();
  }

  undo() {
    this.places.pop();
    this.paint();
  }

  /** Hand over what was drawn; too few corners or a crossed border stay as they are. */
  finish(event = {}) {
    const { kind, places } = this;
    if (places.length < (MIN_CORNERS[kind] ?? 1)) return;
    if (kind === "polygon" && isSelfCrossing(places)) {
      this.hint.warn("边线自己相交了：请用退格键撤销几点，或按 Esc 重画。");
      return;
    }
    if (DRAGGED.includes(kind) && places[0].every((value, i) => value === places[1][i])) {
      this.reset();
      return;
    }
    this.last = null;
    if (event.type === "pointerup") this.swallowClick();
    const shape = { ...shapeOf(kind, places), isAdding: Boolean(event.shiftKey), isRemoving: Boolean(event.altKey) };
    this.reset();
    this.hint.show(HINTS[kind], kind in MIN_CORNERS ? this : null);
    this.onDone(shape);
  }

  /** The click that ends a drawing chooses no plot and zooms nowhere, whatever becomes of the tool. */
  swallowClick() {
    const swallow = (event) => event.stopImmediatePropagation();
    for (const name of ["click", "dblclick"]) {
      this.container.addEventListener(name, swallow, true);
      setTimeout(() => this.container.removeEventListener(name, swallow, true), AFTER_MS);
    }
  }

  onKey(event) {
    if (event.key === "Escape") {
      if (!this.places.length) return;
      event.preventDefault();
      this.reset();
    } else if (event.key === "Backspace" && !isTyping(event.target)) {
      event.preventDefault();
      this.undo();
    } else if (event.key === "Enter" && event.target === this.container) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.addCentre(event);
    }
  }

  addCentre(event) {
    const point = this.view.map.getSize().divideBy(2);
    const last = this.places.at(-1);
    const isSame = last && this.pixelOf(last).distanceTo(point) <= 1;
    if (isSame) this.finish(event);
    else this.addPlace(this.placeAt(point), event);
  }

  /** Show what is drawn so far, with the pointer as its next corner. */
  paint() {
    this.preview?.remove();
    this.readout?.remove();
    this.preview = this.readout = null;
    if (!this.places.length) return;
    const { L, map } = this.view;
    const places = this.cursor ? [...this.places, this.cursor] : this.places;
    const options = { ...SKETCH_LOOK, smoothFactor: 0.3, ...sketchOptions(this.view) };
    const corners = this.places.map(([lon, lat]) => L.circleMarker([lat, lon], { ...options, radius: 4, fillColor: "#fff", fillOpacity: 1, dashArray: null }));
    const isOpen = this.kind === "line" || places.length < (DRAGGED.includes(this.kind) ? 2 : 3);
    const ring = isOpen ? places : shapeOf(this.kind, places).geometry.coordinates[0];
    const path = ring.map(([lon, lat]) => [lat, lon]);
    this.preview = L.layerGroup([isOpen ? L.polyline(path, options) : L.polygon(path, options), ...corners], { pmIgnore: true }).addTo(map);
    this.paintReadout(places);
  }

  /** The size so far, beside the pointer. */
  paintReadout(places) {
    if (places.length < 2) return;
    const { L, map } = this.view;
    const [lon, lat] = places.at(-1);
    const words = document.createElement("span");
    words.textContent = sizeWords(this.kind, places);
    const options = { permanent: true, direction: "right", offset: [14, 0], className: "draw-readout", pane: "tooltipPane" };
    this.readout = L.tooltip(options).setLatLng([lat, lon]).setContent(words).addTo(map);
  }
}

function sizeWords(kind, places) {
  if (kind === "line") return lengthWords(length(places));
  if (kind === "circle") return `半径 ${lengthWords(distance(places[0], places[1]))}`;
  if (kind === "polygon" && places.length < 3) return lengthWords(length(places));
  return areaWords(polygonArea(shapeOf(kind, places).geometry));
}
