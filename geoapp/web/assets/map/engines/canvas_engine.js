/** Registers drawn from vector tiles on canvas: every browser can, also without a graphics card. */

import { paintTile, radiusAt } from "./paint.js";
import { EXTENT, TILE_PX } from "./tile.js";

const BUDGET_MS = 24; // of a frame, for painting
const WAIT_MS = 250; // for a slow register, before a tile is painted without it
const HOLD_MS = 1_000; // on a new level the old picture stays until the new one is whole, but no longer than this
const EDGE_REACH_PX = 5;
const MOST_RATIO = 2;

/** A Leaflet grid whose tiles are filled by the engine. */
function makeGrid(L, engine, pane) {
  const Grid = L.GridLayer.extend({
    createTile(coords, done) {
      try {
        return engine.addTile(coords, done);
      } catch (error) {
        engine.breakDown(error);
        return document.createElement("div");
      }
    },
  });
  const grid = new Grid({ pane, tileSize: TILE_PX, updateWhenIdle: true, updateWhenZooming: false, keepBuffer: 1, maxZoom: 24 });
  grid.on("tileunload", ({ tile }) => engine.dropTile(tile));
  return grid;
}

export class CanvasEngine {
  /** @param {import("./register_stack.js").RegisterStack} stack */
  constructor(stack) {
    this.name = "canvas";
    this.stack = stack;
    this.drawings = new Map(); // by element of the grid
    this.job = null;
    this.ratio = this.wantedRatio;
  }

  get wantedRatio() {
    return Math.min(MOST_RATIO, Math.max(1, window.devicePixelRatio || 1));
  }

  async start() {
    const { L, map, pane } = this.stack;
    this.grid = makeGrid(L, this, pane);
    this.grid.addTo(map);
  }

  remove() {
    this.isRemoved = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.grid?.remove();
  }

  /** Tiles of the present level; those of the level before stay on the screen until they are replaced. */
  get present() {
    const level = this.grid?._tileZoom;
    return [...this.drawings.values()].filter((drawing) => drawing.coords.z === level);
  }

  addTile(coords, done) {
    const element = document.createElement("div");
    const drawing = { element, coords, done, parts: new Map(), isDirty: false, picture: null, next: null, since: performance.now() };
    this.drawings.set(element, drawing);
    this.syncTile(drawing);
    this.markDirty(drawing); // empty ones are done as well
    return element;
  }

  dropTile(element) {
    const drawing = this.drawings.get(element);
    if (!drawing) return;
    this.giveUpRequests(drawing);
    if (this.job?.drawing === drawing) this.job = null;
    this.drawings.delete(element);
    this.wake();
  }

  giveUpRequests(drawing) {
    for (const part of drawing.parts.values()) {
      part.request?.abort();
      part.request = null;
    }
  }

  sync() {
    if (!this.grid) return;
    const level = this.grid._tileZoom;
    for (const drawing of this.drawings.values()) if (drawing.coords.z !== level) this.giveUpRequests(drawing);
    const isResized = this.ratio !== this.wantedRatio;
    this.ratio = this.wantedRatio;
    for (const drawing of this.present) {
      if (isResized) this.markDirty(drawing);
      this.syncTile(drawing);
    }
    this.report();
  }

  /** Ask the server again for a register's tiles. */
  reload(layer) {
    this.stack.view.tiles.clear();
    for (const drawing of this.present) {
      const part = drawing.parts.get(layer.id);
      if (part) part.address = "";
      this.syncTile(drawing);
    }
    this.report();
  }

  /** Fetch what a tile lacks, drop what it must not show, note what looks different. */
  syncTile(drawing) {
    const { x, y, z } = drawing.coords;
    for (const layer of this.stack.layers.values()) {
      const part = drawing.parts.get(layer.id);
      if (!layer.isDrawnAt(z)) {
        if (!part) continue;
        part.request?.abort();
        drawing.parts.delete(layer.id);
        this.markDirty(drawing);
        continue;
      }
      const address = layer.tiles.replace("{z}", z - 1).replace("{x}", x).replace("{y}", y);
      if (!part) this.fetchPart(drawing, layer, { address: "", tile: null, look: null, opacity: 1, request: null, error: null }, address);
      else if (part.address !== address) this.fetchPart(drawing, layer, part, address);
      else if (part.tile && !part.request && (part.look !== layer.look || part.opacity !== layer.opacity)) this.markDirty(drawing);
    }
  }

  /** Load without being waited for: nobody stands above this who could answer for an error. */
  fetchPart(...what) {
    this.load(...what).catch((error) => this.breakDown(error));
  }

  async load(drawing, layer, part, address) {
    drawing.parts.set(layer.id, part);
    part.request?.abort();
    Object.assign(part, { address, request: null, error: null });
    const kept = this.stack.view.tiles.peek(address);
    if (kept) {
      this.arrive(drawing, layer, part, kept);
      return;
    }
    const request = new AbortController();
    part.request = request;
    const { look } = layer;
    this.wake();
    let tile;
    try {
      tile = await this.stack.view.tiles.get(address, request.signal);
    } catch (error) {
      if (part.request !== request || error.name === "AbortError") return;
      Object.assign(part, { request: null, error: error.message, tile: null }); // what was there may be of another day
      this.markDirty(drawing);
      return;
    }
    if (part.request === request) this.arrive(drawing, layer, part, tile, look);
  }

  arrive(drawing, layer, part, tile, look = layer.look) {
    // Classes are numbers: a tile keeps the look it was asked for, until it is replaced.
    Object.assign(part, { tile, look, asked: look, request: null });
    this.markDirty(drawing);
  }

  markDirty(drawing) {
    if (!drawing.isDirty) drawing.since = performance.now();
    drawing.isDirty = true;
    this.wake();
  }

  wake() {
    if (this.frame || this.isRemoved) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      try {
        this.work();
      } catch (error) {
        this.breakDown(error);
      }
    });
  }

  /** Give way to the other engine, as soon as what is going on has ended: it may be the grid's own work. */
  breakDown(error) {
    queueMicrotask(() => {
      if (!this.isRemoved) this.stack.view.engineBroke(this.stack, error);
    });
  }

  isReady(drawing) {
    const isWaiting = [...drawing.parts.values()].some((part) => part.request);
    return !isWaiting || performance.now() - drawing.since > WAIT_MS;
  }

  /** Paint for a part of a frame. */
  work() {
    const end = performance.now() + BUDGET_MS;
    while (performance.now() < end) {
      this.job ??= this.nextJob();
      if (!this.job) break;
      if (!this.job.steps.next().done) continue;
      const { drawing, picture } = this.job;
      this.job = null;
      drawing.next = picture;
      this.show();
    }
    if (this.job || this.present.some((drawing) => drawing.isDirty && this.isReady(drawing))) this.wake();
    else if (this.present.some((drawing) => drawing.isDirty || drawing.next)) this.wakeLater();
    this.report();
  }

  wakeLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.show();
      this.wake();
    }, WAIT_MS / 4);
  }

  /** The waiting tile nearest to the middle of the view. */
  nextJob() {
    const waiting = this.present.filter((drawing) => drawing.isDirty && this.isReady(drawing));
    if (!waiting.length) return null;
    const { map } = this.stack;
    const middle = map.project(map.getCenter(), this.grid._tileZoom).divideBy(TILE_PX).subtract([0.5, 0.5]);
    const distance = ({ coords }) => Math.abs(coords.x - middle.x) + Math.abs(coords.y - middle.y);
    const drawing = waiting.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    drawing.isDirty = false;
    const picture = document.createElement("canvas");
    picture.width = picture.height = TILE_PX * this.ratio;
    return { drawing, picture, steps: this.paint(drawing, picture) };
  }

  *paint(drawing, picture) {
    const context = picture.getContext("2d", { willReadFrequently: true });
    const place = { x: 0, y: 0, scale: TILE_PX / EXTENT, ratio: this.ratio };
    const zoom = drawing.coords.z;
    context.scale(this.ratio, this.ratio);
    for (const layer of this.stack.layers.values()) {
      const part = drawing.parts.get(layer.id);
      if (!part?.tile) continue;
      if (part.asked.id === layer.look.id && !part.request) part.look = layer.look;
      part.opacity = layer.opacity;
      const plan = {
        classes: part.look.classes,
        opacity: layer.opacity,
        zoom,
        radius: radiusAt(layer.config.radius, zoom),
        selected: layer.id === "plots" ? this.stack.selected : null,
        place,
      };
      try {
        yield* paintTile(context, part.tile, plan);
      } catch (error) {
        part.error = `图形画不出来（${error.message}）。`; // one register's failure; the others are drawn
      }
    }
  }

  /** Put painted tiles on the screen; on a new level all at once, so that old and new do not lie on each other. */
  show() {
    const { present } = this;
    const isNewLevel = this.drawings.size > present.length;
    const isHeld = isNewLevel && present.some(({ picture, next, since }) => !picture && !next && performance.now() - since < HOLD_MS);
    if (isHeld) return;
    for (const drawing of present) {
      if (!drawing.next) continue;
      drawing.picture = drawing.next;
      drawing.next = null;
      drawing.picture.className = "tile-picture";
      drawing.element.replaceChildren(drawing.picture);
      drawing.done?.(null, drawing.element);
      drawing.done = null;
    }
  }

  /** Tell the layers how far they are. */
  report() {
    const { present } = this;
    const zoom = this.stack.map.getZoom();
    for (const layer of this.stack.layers.values()) {
      if (!layer.isDrawnAt(zoom)) continue;
      const parts = present.map((drawing) => drawing.parts.get(layer.id));
      const failed = parts.find((part) => part?.error);
      const isLoading = !present.length || parts.some((part) => !part || part.request);
      const isPainted = present.every((drawing) => drawing.picture && !drawing.isDirty && !drawing.next && this.job?.drawing !== drawing);
      if (isLoading) layer.setState("loading");
      else if (failed) layer.setState("failed", failed.error);
      else if (isPainted) layer.setState("shown");
    }
  }

  get isSettled() {
    const { present } = this;
    if (!present.length || this.job) return false;
    return present.every(
      (drawing) => drawing.picture && !drawing.isDirty && !drawing.next && ![...drawing.parts.values()].some((part) => part.request),
    );
  }

  /** The selection changed by some keys. */
  select(changed) {
    for (const drawing of this.present) {
      const tile = drawing.parts.get("plots")?.tile;
      if (tile && changed.some((key) => tile.hasKey(key))) this.markDirty(drawing);
    }
  }

  featuresAt(point) {
    const { map, layers } = this.stack;
    const pixel = map.containerPointToLayerPoint(point).add(map.getPixelOrigin());
    const x = Math.floor(pixel.x / TILE_PX);
    const y = Math.floor(pixel.y / TILE_PX);
    const key = `${x}:${y}:${this.grid._tileZoom}`;
    const drawing = this.drawings.get(this.grid._tiles[key]?.el);
    if (!drawing) return [];
    const scale = EXTENT / TILE_PX;
    const place = { x: (pixel.x - x * TILE_PX) * scale, y: (pixel.y - y * TILE_PX) * scale };
    const found = [...layers.values()].reverse().map((layer) => this.featureAt(drawing, layer, place, scale));
    return found.filter(Boolean);
  }

  featureAt(drawing, layer, { x, y }, scale) {
    const tile = drawing.parts.get(layer.id)?.tile;
    if (!tile || !layer.isVisible) return null;
    const isPoint = layer.config.geometry === "point";
    const reach = isPoint ? radiusAt(layer.config.radius, drawing.coords.z) + 1 : EDGE_REACH_PX;
    const i = tile.at(x, y, { edge: layer.isOutline, reach: reach * scale });
    return i < 0 ? null : { register: layer.id, key: tile.key(i), properties: tile.properties(i) };
  }
}
