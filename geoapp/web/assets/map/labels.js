/** Names written on the map: one canvas over all registers, the same under every engine, no two on each other. */

import { fetchJson } from "../page.js";
import { queryText } from "./register_layer.js";

const DELAY_MS = 120;
const MARGIN = 0.2; // of the view: names are there before a short move brings them in
const GAP_PX = 4;
const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif';
export const LABEL_LOOKS = {
  towns: { size: 14, weight: 600, color: "#55616f", spacing: "0.18em", zooms: [0, 13] },
  parks: { size: 12, weight: 600, color: "#0b4f7d", spacing: "0px", zooms: [14, 22] },
  plots: { size: 11, weight: 400, color: "#22303f", spacing: "0px", zooms: [16, 22] },
};
const FALLBACK = { size: 11, weight: 400, color: "#3b4754", spacing: "0px", zooms: [15, 22] };

export const labelLook = (register) => LABEL_LOOKS[register] ?? FALLBACK;

/** West, south, east, north with five decimals, for the server. */
export function boxText(bounds) {
  const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value)).toFixed(5);
  return [
    clamp(bounds.getWest(), 180), clamp(bounds.getSouth(), 90), clamp(bounds.getEast(), 180), clamp(bounds.getNorth(), 90),
  ].join(",");
}

/**
 * Write names on a context, those first in the list first; what would lie on another is left out.
 * @param {CanvasRenderingContext2D} context scaled to pixels of the map
 * @param {{register: string, key: string, text: string, x: number, y: number}[]} labels in pixels
 * @returns {object[]} the labels that were written, with their box
 */
export function writeLabels(context, labels) {
  const written = [];
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const label of labels) {
    const look = labelLook(label.register);
    context.font = `${look.weight} ${look.size}px ${FONT}`;
    if ("letterSpacing" in context) context.letterSpacing = look.spacing;
    const half = context.measureText(label.text).width / 2 + GAP_PX;
    const rise = look.size / 2 + GAP_PX;
    const box = { west: label.x - half, east: label.x + half, north: label.y - rise, south: label.y + rise };
    const isCovered = written.some(({ box: other }) =>
      box.west < other.east && box.east > other.west && box.north < other.south && box.south > other.north,
    );
    if (isCovered) continue;
    context.strokeStyle = "rgb(255 255 255 / 90%)";
    context.lineWidth = 3;
    context.strokeText(label.text, label.x, label.y);
    context.fillStyle = look.color;
    context.fillText(label.text, label.x, label.y);
    written.push({ ...label, box });
  }
  return written;
}

/** Address of a register's names in a box. */
export function labelsAddress(layer, bounds, zoom) {
  return `/layers/${layer.id}/labels.json?${queryText({ bbox: boxText(bounds), zoom: Math.round(zoom), ...layer.query })}`;
}

export class Labels {
  /**
   * @param {import("./map_view.js").MapView} view
   * @param {string} pane
   * @param {import("./engines/register_stack.js").RegisterStack} [stack] whose names; the map's own if left out
   */
  constructor(view, pane, stack = view.stack) {
    this.view = view;
    this.stack = stack;
    this.found = new Map(); // by register
    this.shown = []; // what is written, with its box on the canvas
    this.requests = new Map();
    this.addresses = new Map();
    this.canvas = document.createElement("canvas");
    this.canvas.className = "map-labels leaflet-zoom-hide";
    view.map.getPane(pane).append(this.canvas);
    this.onMove = () => this.refreshSoon();
    view.map.on("moveend resize", this.onMove);
    if (stack !== view.stack) return;
    view.on("layerstate", () => this.refreshSoon());
    view.on("query", () => this.refreshSoon());
  }

  remove() {
    clearTimeout(this.timer);
    this.view.map.off("moveend resize", this.onMove);
    for (const id of [...this.requests.keys()]) this.forget(id);
    this.canvas.remove();
  }

  /** Registers whose names are written now; those one finds one's way by come first. */
  get wanted() {
    const zoom = this.view.map.getZoom();
    const layers = [...this.stack.layers.values()].filter((layer) => {
      const [first, last] = labelLook(layer.id).zooms;
      return layer.isLabelled && layer.isDrawnAt(zoom) && zoom >= first && zoom <= last;
    });
    return layers.sort((a, b) => Number(b.config.isLabelled) - Number(a.config.isLabelled));
  }

  refreshSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.refresh();
    }, DELAY_MS);
  }

  refresh() {
    const { map } = this.view;
    const bounds = map.getBounds().pad(MARGIN);
    const { wanted } = this;
    const ids = wanted.map((layer) => layer.id);
    for (const id of [...this.found.keys(), ...this.requests.keys()]) if (!ids.includes(id)) this.forget(id);
    for (const layer of wanted) this.load(layer, labelsAddress(layer, bounds, map.getZoom()));
    this.draw();
  }

  forget(id) {
    this.requests.get(id)?.abort();
    this.requests.delete(id);
    this.found.delete(id);
    this.addresses.delete(id);
  }

  async load(layer, address) {
    if (this.addresses.get(layer.id) === address) return;
    this.requests.get(layer.id)?.abort();
    const request = new AbortController();
    this.requests.set(layer.id, request);
    this.addresses.set(layer.id, address);
    try {
      const { labels } = await fetchJson(address, { signal: request.signal });
      if (this.requests.get(layer.id) !== request) return;
      this.found.set(layer.id, labels);
    } catch (error) {
      if (error.name === "AbortError") return; // another request took its place
      this.found.delete(layer.id); // a map without names is still a map; the next move asks again
      this.addresses.delete(layer.id);
    }
    if (this.requests.get(layer.id) === request) this.requests.delete(layer.id);
    this.draw();
  }

  draw() {
    const { map, L } = this.view;
    const size = map.getSize();
    const ratio = Math.max(1, window.devicePixelRatio || 1);
    const pad = size.multiplyBy(MARGIN).round();
    const full = size.add(pad.multiplyBy(2));
    this.origin = map.containerPointToLayerPoint([0, 0]).subtract(pad);
    L.DomUtil.setPosition(this.canvas, this.origin);
    this.canvas.width = full.x * ratio;
    this.canvas.height = full.y * ratio;
    this.canvas.style.width = `${full.x}px`;
    this.canvas.style.height = `${full.y}px`;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const labels = this.wanted.flatMap((layer) =>
      (this.found.get(layer.id) ?? []).map(({ key, text, lon, lat }) => {
        const point = map.latLngToLayerPoint([lat, lon]).subtract(this.origin);
        return { register: layer.id, key, text, x: point.x, y: point.y };
      }),
    );
    this.shown = writeLabels(context, labels);
  }

  /** The name under a point of the container, if it can be clicked. */
  at(point) {
    if (!this.origin) return null;
    const { x, y } = this.view.map.containerPointToLayerPoint(point).subtract(this.origin);
    const hit = this.shown.find(({ box }) => x > box.west && x < box.east && y > box.north && y < box.south);
    return hit && hit.register !== "plots" ? { register: hit.register, key: hit.key, properties: { label: hit.text } } : null;
  }

  get isSettled() {
    return !this.timer && this.requests.size === 0;
  }
}
