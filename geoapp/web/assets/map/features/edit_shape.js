/** A shape with handles: corners are dragged, middles of edges become corners, a right click or Delete takes one away. */

import { drawGeometry } from "./draw.js";
import { FEWEST, geometryOf, isCrossed, kindOf, partAround, partsOf, sectionsOf } from "./edit_parts.js";

const PANEL_GAP_PX = 20;
const SNAP_PX = 10;
const MOST_STEPS = 100;
const LOOK = { color: "#d6006e", weight: 2.5, fillColor: "#d6006e", fillOpacity: 0.12 };
const SIZES = { corner: 12, middle: 9 };

export class ShapeEditor {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {(geometry: object) => void} onChange after every step
   */
  constructor(view, onChange) {
    Object.assign(this, { view, onChange, kind: "polygon", parts: [], steps: [], targets: [], handles: null, outline: null });
    if (!view.map.getPane("edit-handles")) view.map.createPane("edit-handles").style.zIndex = "640";
    this.onMoved = () => this.paintHandles();
  }

  get geometry() {
    return geometryOf(this.kind, this.parts);
  }

  /** Whether a border crosses itself. */
  get isCrossed() {
    return isCrossed(this.kind, this.parts);
  }

  /**
   * @param {object} geometry
   * @param {object[]} neighbours geometries to snap to
   */
  start(geometry, neighbours = []) {
    this.kind = kindOf(geometry);
    this.parts = partsOf(geometry);
    this.steps = [];
    this.snapTo(neighbours);
    this.view.map.on("moveend", this.onMoved);
    this.paint();
  }

  /** @param {object[]} neighbours geometries to snap to */
  snapTo(neighbours) {
    this.targets = neighbours.flatMap((one) => partsOf(one).flat().map((path) => ({ path, sections: sectionsOf(path, kindOf(one) === "polygon") })));
  }

  /** No corner is to lie under a panel on the right or off the screen: then the map moves, and zooms out if it must. */
  reveal(geometry, panelWidth) {
    const { map, L } = this.view;
    const bounds = L.geoJSON(geometry).getBounds();
    const right = map.getSize().x - panelWidth - PANEL_GAP_PX;
    const corners = [bounds.getNorthWest(), bounds.getSouthEast()].map((place) => map.latLngToContainerPoint(place));
    const isClear = corners[0].x > 0 && corners[0].y > 0 && corners[1].x < right && corners[1].y < map.getSize().y;
    if (isClear) return;
    const paddingBottomRight = [panelWidth + 2 * PANEL_GAP_PX, 60];
    map.fitBounds(bounds, { paddingTopLeft: [30, 100], paddingBottomRight, maxZoom: map.getZoom(), animate: false });
  }

  stop() {
    this.view.map.off("moveend", this.onMoved);
    this.outline?.remove();
    this.handles?.remove();
    this.outline = this.handles = null;
  }

  /** Another geometry in place of this one, as one step. */
  replace(geometry) {
    this.keep();
    this.parts = partsOf(geometry);
    this.changed();
  }

  /** Borders of its holes. */
  get holes() {
    return this.parts.flatMap((rings) => rings.slice(1));
  }

  /** Cut a hole into the part around it; throws where none is. */
  addHole(ring) {
    const part = partAround(this.parts, ring);
    this.keep();
    part.push(ring);
    this.changed();
  }

  removeHole(ring) {
    this.keep();
    for (const part of this.parts) if (part.includes(ring, 1)) part.splice(part.indexOf(ring), 1);
    this.changed();
  }

  keep() {
    this.steps.push(JSON.stringify(this.parts));
    if (this.steps.length > MOST_STEPS) this.steps.shift();
  }

  /** @returns {boolean} whether there was a step to take back */
  stepBack() {
    const before = this.steps.pop();
    if (before === undefined) return false;
    this.parts = JSON.parse(before);
    this.changed();
    return true;
  }

  changed() {
    this.paint();
    this.onChange(this.geometry);
  }

  paint() {
    this.paintOutline();
    this.paintHandles();
  }

  paintOutline() {
    this.outline?.remove();
    this.outline = drawGeometry(this.view, this.geometry, LOOK);
  }

  paintHandles() {
    const { L, map } = this.view;
    this.handles?.remove();
    const bounds = map.getBounds().pad(0.1);
    const found = [];
    const isSeen = ([lon, lat]) => bounds.contains([lat, lon]);
    for (const path of this.parts.flat()) {
      path.forEach((corner, i) => isSeen(corner) && found.push(this.handle(path, i, corner, "corner")));
      sectionsOf(path, this.kind === "polygon").forEach(([start, end], i) => {
        const middle = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2];
        if (isSeen(middle)) found.push(this.handle(path, i, middle, "middle"));
      });
    }
    this.handles = L.layerGroup(found, { pmIgnore: true }).addTo(map);
  }

  handle(ring, i, [lon, lat], kind) {
    const { L } = this.view;
    const size = SIZES[kind];
    const icon = L.divIcon({ className: `edit-handle${kind === "middle" ? " is-middle" : ""}`, iconSize: [size, size] });
    const title = kind === "middle" ? "拖动加一个顶点" : this.kind === "point" ? "拖动这个点" : "拖动顶点；右键或 Delete 删除";
    const marker = L.marker([lat, lon], { icon, draggable: true, keyboard: true, title, pane: "edit-handles", pmIgnore: true, bubblingMouseEvents: false, autoPan: false });
    let place = i;
    marker.on("dragstart", () => {
      this.keep();
      if (kind === "middle") {
        place = i + 1;
        ring.splice(place, 0, [lon, lat]);
      }
    });
    marker.on("drag", () => {
      ring[place] = this.snapped(marker);
      this.paintOutline();
      this.onChange(this.geometry, { isDragging: true });
    });
    marker.on("dragend", () => this.changed());
    if (kind === "corner") {
      marker.on("contextmenu", () => this.remove(ring, i));
      marker.on("keydown", ({ originalEvent }) => {
        if (!["Delete", "Backspace"].includes(originalEvent.key)) return;
        originalEvent.preventDefault();
        originalEvent.stopPropagation();
        this.remove(ring, i);
      });
    }
    return marker;
  }

  remove(ring, i) {
    if (ring.length <= FEWEST[this.kind]) {
      if (this.holes.includes(ring)) this.removeHole(ring);
      return;
    }
    this.keep();
    ring.splice(i, 1);
    this.changed();
  }

  /** Where a dragged handle comes to lie: on a neighbour's corner, else on its edge, else where the pointer is. */
  snapped(marker) {
    const { map } = this.view;
    const { lng, lat } = marker.getLatLng();
    const found = this.isSnapping === false ? null : this.nearest(map.latLngToContainerPoint([lat, lng]));
    marker.getElement()?.classList.toggle("is-snapped", Boolean(found));
    if (!found) return [lng, lat];
    marker.setLatLng([found[1], found[0]]);
    return found;
  }

  nearest(point) {
    const { map, L } = this.view;
    const pixel = ([lon, lat]) => map.latLngToContainerPoint([lat, lon]);
    let corner = null;
    let onEdge = null;
    for (const { path, sections } of this.targets) {
      for (const place of path) {
        const reach = point.distanceTo(pixel(place));
        if (reach <= SNAP_PX && (!corner || reach < corner.reach)) corner = { reach, place };
      }
      for (const [start, end] of sections) {
        const foot = L.LineUtil.closestPointOnSegment(point, pixel(start), pixel(end));
        const reach = point.distanceTo(foot);
        if (reach > SNAP_PX || (onEdge && reach >= onEdge.reach)) continue;
        const { lng, lat } = map.containerPointToLatLng(foot);
        onEdge = { reach, place: [lng, lat] };
      }
    }
    return corner?.place ?? onEdge?.place ?? null;
  }
}
