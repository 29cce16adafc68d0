/** A polygon with handles: corners are dragged, middles of edges become corners, a right click or Delete takes one away. */

import { drawGeometry, isSelfCrossing } from "./draw.js";

const SNAP_PX = 10;
const MOST_STEPS = 100;
const LOOK = { color: "#d6006e", weight: 2.5, fillColor: "#d6006e", fillOpacity: 0.12 };
const SIZES = { corner: 12, middle: 9 };

/** Rings of a GeoJSON polygon or multipolygon, open: without the repeated first corner. */
const openRings = ({ type, coordinates }) =>
  (type === "MultiPolygon" ? coordinates : [coordinates]).map((rings) => rings.map((ring) => ring.slice(0, -1).map(([lon, lat]) => [lon, lat])));

function toGeometry(parts) {
  const coordinates = parts.map((rings) => rings.map((ring) => [...ring, ring[0]]));
  return coordinates.length === 1 ? { type: "Polygon", coordinates: coordinates[0] } : { type: "MultiPolygon", coordinates };
}

export class ShapeEditor {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {(geometry: object) => void} onChange after every step
   */
  constructor(view, onChange) {
    Object.assign(this, { view, onChange, parts: [], steps: [], targets: [], handles: null, outline: null });
    if (!view.map.getPane("edit-handles")) view.map.createPane("edit-handles").style.zIndex = "640";
    this.onMoved = () => this.paintHandles();
  }

  get geometry() {
    return toGeometry(this.parts);
  }

  /** Whether a border crosses itself. */
  get isCrossed() {
    return this.parts.some((rings) => rings.some(isSelfCrossing));
  }

  /**
   * @param {object} geometry
   * @param {object[]} neighbours geometries to snap to
   */
  start(geometry, neighbours = []) {
    this.parts = openRings(geometry);
    this.steps = [];
    this.targets = neighbours.flatMap(openRings).flat();
    this.view.map.on("moveend", this.onMoved);
    this.paint();
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
    this.parts = openRings(geometry);
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
    this.parts.forEach((rings) => rings.forEach((ring) => ring.forEach((corner, i) => {
      const next = ring[(i + 1) % ring.length];
      const middle = [(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2];
      if (bounds.contains([corner[1], corner[0]])) found.push(this.handle(ring, i, corner, "corner"));
      if (bounds.contains([middle[1], middle[0]])) found.push(this.handle(ring, i, middle, "middle"));
    })));
    this.handles = L.layerGroup(found, { pmIgnore: true }).addTo(map);
  }

  handle(ring, i, [lon, lat], kind) {
    const { L } = this.view;
    const size = SIZES[kind];
    const icon = L.divIcon({ className: `edit-handle${kind === "middle" ? " is-middle" : ""}`, iconSize: [size, size] });
    const title = kind === "middle" ? "拖动加一个顶点" : "拖动顶点；右键或 Delete 删除";
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
    if (ring.length <= 3) return;
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
    for (const ring of this.targets) {
      ring.forEach((start, i) => {
        const a = pixel(start);
        const b = pixel(ring[(i + 1) % ring.length]);
        const reach = point.distanceTo(a);
        if (reach <= SNAP_PX && (!corner || reach < corner.reach)) corner = { reach, place: start };
        const foot = L.LineUtil.closestPointOnSegment(point, a, b);
        const away = point.distanceTo(foot);
        if (away > SNAP_PX || (onEdge && away >= onEdge.reach)) return;
        const { lng, lat } = map.containerPointToLatLng(foot);
        onEdge = { reach: away, place: [lng, lat] };
      });
    }
    return corner?.place ?? onEdge?.place ?? null;
  }
}
