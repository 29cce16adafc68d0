/**
 * Registers drawn by MapLibre GL on the graphics card, inside the Leaflet map.
 *
 * Each register is a vector source with its style layers. When its address changes a second source is loaded beside the
 * first, unseen, and takes its place when it is whole: class numbers and colours change together, and nothing flashes.
 */

import { patternPicture } from "../hatch.js";
import { loadMapLibre } from "./gl_loader.js";
import { iconSize, layersOf, opacityOf, pictureNames, pointPicture } from "./gl_style.js";

const START_MS = 15_000;
const EDGE_REACH_PX = 5;
const EMPTY = { version: 8, sources: {}, layers: [], transition: { duration: 0, delay: 0 } };

export class GlEngine {
  /**
   * @param {import("./register_stack.js").RegisterStack} stack
   * @param {{isForced: boolean}} how isForced: WebGL in software will do
   */
  constructor(stack, { isForced }) {
    this.name = "gl";
    this.stack = stack;
    this.isForced = isForced;
    this.shown = new Map(); // by register: what is on the screen
    this.coming = new Map(); // by register: what will take its place
    this.number = 0;
    this.isIdle = false;
  }

  async start() {
    const { L, map, pane } = this.stack;
    await loadMapLibre(document);
    this.layer = L.maplibreGL({
      pane,
      style: EMPTY,
      interactive: false,
      attributionControl: false,
      fadeDuration: 0,
      padding: 0.15,
      maxTileCacheSize: 200,
      canvasContextAttributes: { antialias: true, failIfMajorPerformanceCaveat: !this.isForced },
    });
    this.layer.addTo(map);
    this.gl = this.layer.getMaplibreMap();
    this.layer.getContainer().setAttribute("aria-hidden", "true"); // the map and its lists speak for it
    this.gl.on("error", (event) => this.onError(event));
    await this.whenLoaded();
    this.gl.on("webglcontextlost", () => this.breakDown(new Error("显卡中断了绘图")));
    for (const name of ["dataloading", "data"]) this.gl.on(name, (event) => { if (event.dataType === "source") this.onData(); });
    this.gl.on("move", () => { this.isIdle = false; });
    this.gl.on("idle", () => {
      this.isIdle = true;
      this.onData();
    });
  }

  whenLoaded() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("显卡没有应答")), START_MS);
      this.failStart = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      this.gl.once("load", () => {
        clearTimeout(timer);
        this.failStart = null;
        resolve();
      });
    });
  }

  remove() {
    this.isRemoved = true;
    this.layer?.remove();
  }

  breakDown(error) {
    if (!this.isRemoved) this.stack.view.engineBroke(this.stack, error);
  }

  async onError({ error, sourceId }) {
    if (this.isRemoved) return;
    const set = this.setOf(sourceId);
    if (!set) {
      if (this.failStart) this.failStart(error);
      else if (!sourceId) this.breakDown(error);
      return;
    }
    if (set.error) return;
    set.error = "连接不上服务器，请检查网络后重试。";
    if (error.status) set.error = `服务器没有完成请求（${error.status}）。`;
    else if (!/fetch|network/i.test(error.message)) set.error = "服务器送来的图块读不出来，请重试；仍不行请与管理员联系。";
    const text = error.body ? await error.body.text().catch(() => "") : "";
    try {
      set.error = JSON.parse(text).error.message;
    } catch {
      // no sentence from the server: ours stays
    }
    this.onData();
  }

  setOf(sourceId) {
    return [...this.shown.values(), ...this.coming.values()].find((set) => set.source === sourceId);
  }

  sync() {
    if (!this.gl || this.failStart) return;
    const zoom = this.stack.map.getZoom();
    for (const layer of this.stack.layers.values()) {
      if (layer.isDrawnAt(zoom)) this.syncLayer(layer);
      else this.drop(layer.id);
    }
    this.isIdle = false;
    this.gl.triggerRepaint(); // and so it becomes idle again, and says so
    this.onData();
  }

  syncLayer(layer) {
    const { id, tiles } = layer;
    const [shown, coming] = [this.shown.get(id), this.coming.get(id)];
    if (shown?.tiles === tiles) {
      this.dropSet(this.coming, id);
      this.restyle(shown, layer);
    } else if (coming?.tiles === tiles) {
      this.restyle(coming, layer);
    } else {
      this.dropSet(this.coming, id);
      this.add(layer, tiles);
    }
  }

  add(layer, tiles) {
    this.number += 1;
    const set = { register: layer.id, source: `${layer.id}-${this.number}`, tiles, isUnseen: this.shown.has(layer.id), error: null };
    this.gl.addSource(set.source, {
      type: "vector", tiles: [window.location.origin + tiles], minzoom: 0, maxzoom: 22, promoteId: { [layer.id]: "key" },
    });
    if (layer.id === "plots") for (const key of this.stack.selected) this.mark(set, key, true);
    this.addLayers(set, layer);
    this.coming.set(layer.id, set);
    if (!set.isUnseen) this.take(layer.id);
  }

  addLayers(set, layer) {
    Object.assign(set, { look: layer.look, opacity: layer.opacity });
    for (const name of pictureNames(layer)) this.addPicture(name, layer);
    const before = this.layerAbove(set.register);
    set.layers = layersOf(set, layer);
    for (const { metadata, ...style } of set.layers) this.gl.addLayer(style, before);
  }

  addPicture({ name, pattern, color, isPoint }, layer) {
    if (this.gl.hasImage(name)) return;
    const ratio = Math.max(1, Math.round(window.devicePixelRatio || 1));
    const picture = isPoint ? pointPicture(pattern, color, layer.config.radius, ratio) : patternPicture(pattern, color, ratio);
    const pixels = picture.getContext("2d").getImageData(0, 0, picture.width, picture.height);
    this.gl.addImage(name, pixels, { pixelRatio: isPoint ? ratio : picture.width / iconSize });
  }

  /** The lowest style layer of the next register above that has any. */
  layerAbove(register) {
    const ids = [...this.stack.layers.keys()];
    for (const id of ids.slice(ids.indexOf(register) + 1)) {
      const set = this.shown.get(id) ?? this.coming.get(id);
      if (set?.layers.length) return set.layers[0].id;
    }
    return undefined;
  }

  restyle(set, layer) {
    if (set.look !== layer.look) {
      for (const { id } of set.layers) this.gl.removeLayer(id);
      this.addLayers(set, layer);
    } else if (set.opacity !== layer.opacity) {
      set.opacity = layer.opacity;
      this.showSet(set);
    }
  }

  /** Give a set its opacity, none while it waits. */
  showSet(set) {
    for (const { id, type, metadata } of set.layers) {
      for (const name of opacityOf(type)) this.gl.setPaintProperty(id, name, set.isUnseen ? 0 : metadata.opacity(set.opacity));
    }
  }

  /** What was coming is shown from now on. */
  take(id) {
    const set = this.coming.get(id);
    this.coming.delete(id);
    this.dropSet(this.shown, id);
    this.shown.set(id, set);
    if (!set.isUnseen) return;
    set.isUnseen = false;
    this.showSet(set);
  }

  drop(id) {
    this.dropSet(this.coming, id);
    this.dropSet(this.shown, id);
  }

  dropSet(sets, id) {
    const set = sets.get(id);
    if (!set) return;
    sets.delete(id);
    for (const layer of set.layers) this.gl.removeLayer(layer.id);
    this.gl.removeSource(set.source);
  }

  reload(layer) {
    const shown = this.shown.get(layer.id);
    if (shown) shown.tiles = ""; // stays until the new one is there
    this.dropSet(this.coming, layer.id);
    this.sync();
  }

  isWhole(set) {
    return Boolean(set.error) || this.gl.isSourceLoaded(set.source);
  }

  /** Something arrived: nobody stands above this who could answer for an error. */
  onData() {
    try {
      this.takeWhatCame();
    } catch (error) {
      this.breakDown(error);
    }
  }

  /** Take over what is whole, tell the layers how far they are. */
  takeWhatCame() {
    if (this.isRemoved || !this.gl?.style) return;
    for (const [id, set] of [...this.coming]) if (this.isWhole(set)) this.take(id);
    const zoom = this.stack.map.getZoom();
    for (const layer of this.stack.layers.values()) {
      if (!layer.isDrawnAt(zoom)) continue;
      const set = this.shown.get(layer.id);
      if (!set || this.coming.has(layer.id) || !this.isWhole(set)) layer.setState("loading");
      else if (set.error) layer.setState("failed", set.error);
      else layer.setState("shown");
    }
  }

  /** Whether the card shows the place that the map shows: it follows a moment later. */
  get isInPlace() {
    const { map } = this.stack;
    const [here, there] = [map.getCenter(), this.gl.getCenter()];
    return Math.abs(here.lat - there.lat) + Math.abs(here.lng - there.lng) < 1e-7 && Math.abs(map.getZoom() - 1 - this.gl.getZoom()) < 1e-6;
  }

  get isSettled() {
    return this.isIdle && this.coming.size === 0 && [...this.shown.values()].every((set) => this.isWhole(set)) && this.isInPlace;
  }

  mark(set, key, isSelected) {
    this.gl.setFeatureState({ source: set.source, sourceLayer: set.register, id: key }, { selected: isSelected });
  }

  select(changed) {
    for (const set of [this.shown.get("plots"), this.coming.get("plots")]) {
      if (set) for (const key of changed) this.mark(set, key, this.stack.selected.has(key));
    }
  }

  featuresAt(point) {
    if (!this.gl) return [];
    const { map, layers } = this.stack;
    const { x, y } = this.gl.project(map.containerPointToLatLng(point));
    return [...layers.values()].reverse().map((layer) => this.featureAt(layer, x, y)).filter(Boolean);
  }

  featureAt(layer, x, y) {
    const set = this.shown.get(layer.id);
    if (!set || !layer.isVisible) return null;
    const isEdge = layer.isOutline || layer.config.geometry === "line";
    const reach = isEdge ? EDGE_REACH_PX : 0;
    const wanted = isEdge ? "line" : layer.config.geometry === "point" ? "circle" : "fill";
    const ids = set.layers.filter(({ type, metadata }) => type === wanted && metadata.isHit).map(({ id }) => id);
    const place = reach ? [[x - reach, y - reach], [x + reach, y + reach]] : [x, y];
    const [hit] = this.gl.queryRenderedFeatures(place, { layers: ids });
    return hit ? { register: layer.id, key: hit.properties.key ?? null, properties: hit.properties } : null;
  }
}
