/** A Leaflet map with its registers: one engine draws them, and what the pointer does becomes events of the view. */

import { basemapLayer } from "./basemap_layer.js";
import { engineNames, makeEngine } from "./engines/engine.js";
import { RegisterStack } from "./engines/register_stack.js";
import { TileStore } from "./engines/tile_store.js";
import { Labels } from "./labels.js";
import { SelectionSet } from "./selection_set.js";
import { makePath } from "./shapes.js";

const SYNC_DELAY_MS = 60;
const HIGHLIGHT = { color: "#d6006e", weight: 4, opacity: 1, fill: false, interactive: false };
/** Panes over the basemap's (200) and under what is drawn by hand (400). */
const PANES = { registers: 310, companions: 330, labels: 360, highlight: 390 };

/** Text as HTML, for the one Leaflet option that takes markup. */
const asHtml = (text) => Object.assign(document.createElement("span"), { textContent: text }).innerHTML;

export class MapView extends EventTarget {
  /**
   * @param {string} id of the element
   * @param {object} config bounds [[south, west], [north, east]], minZoom, maxZoom, attribution
   */
  constructor(id, config) {
    super();
    const { L } = window;
    this.L = L;
    this.config = config;
    this.highlighted = null;
    this.tool = null;
    this.preferred = null;
    this.engineChoice = "auto";
    this.broken = new Set();
    this.companions = new Set();
    this.isFilterHeld = false;
    this.curtain = null; // two pictures side by side: {stack of the right one, share of the width, names of both}
    this.tiles = new TileStore();
    this.map = L.map(id, {
      minZoom: config.minZoom ?? 3,
      maxZoom: config.maxZoom ?? 20,
      zoomControl: false,
      attributionControl: false,
      fadeAnimation: false,
      maxBoundsViscosity: 0,
      wheelPxPerZoomLevel: 90,
    });
    for (const [name, zIndex] of Object.entries(PANES)) this.makePane(name, zIndex);
    this.renderer = L.svg({ pane: "highlight", padding: 0.5 });
    this.selection = new SelectionSet((changed) => this.onSelection(changed));
    this.stack = new RegisterStack(this, "registers", (name, detail) => this.emit(name, detail));
    this.layers = this.stack.layers;
    this.labels = new Labels(this, "labels");
    this.addControls();
    this.listen();
    this.map.whenReady(() => this.startEngine());
  }

  /** A pane that lets the pointer through: the map answers for what lies in it. */
  makePane(name, zIndex) {
    const pane = this.map.createPane(name);
    pane.style.zIndex = String(zIndex);
    pane.style.pointerEvents = "none";
    return pane;
  }

  listen() {
    const container = this.map.getContainer();
    container.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === container) this.chooseCentre();
    });
    this.map.on("moveend", () => this.refreshSoon());
    this.map.on("click", (event) => this.onClick(event));
    this.map.on("mousemove", (event) => this.onMove(event));
    this.map.on("mouseout movestart zoomstart", () => this.leave());
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  on(name, listener) {
    this.addEventListener(name, (event) => listener(event.detail));
    return this;
  }

  addControls() {
    const { L, map, config } = this;
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 120 }).addTo(map);
    this.attribution = L.control.attribution({ position: "bottomright", prefix: false }).addTo(map);
    if (config.attribution) this.attribution.addAttribution(asHtml(config.attribution));
    L.control.zoom({ position: "bottomright", zoomInTitle: "放大 (+)", zoomOutTitle: "缩小 (-)" }).addTo(map);
  }

  addBasemap(config) {
    this.basemap = basemapLayer(this.L, config).addTo(this.map);
  }

  /** Registers are added from the lowest to the topmost. */
  addRegister(config) {
    return this.stack.add(config);
  }

  // What draws

  /** Name of the engine that draws; null before it has started. */
  get engine() {
    return this.stack.engine?.name ?? null;
  }

  /** Let "gl" or "canvas" draw, or "auto": what suits the machine. */
  chooseEngine(choice) {
    const wanted = ["gl", "canvas"].includes(choice) ? choice : "auto";
    if (wanted === this.engineChoice) return;
    this.engineChoice = wanted;
    this.broken.clear();
    if (this.stack.engine) this.startEngine();
  }

  /** Start the wanted engine, or the other where it does not start. */
  async startEngine() {
    const start = Symbol("start");
    this.starting = start;
    const names = engineNames(this.engineChoice).filter((name) => !this.broken.has(name));
    for (const name of names) {
      if (name === this.engine) break;
      try {
        const engine = await makeEngine(name, this.stack, { isForced: this.engineChoice === "gl" });
        if (this.starting !== start) return engine.remove();
        this.stack.use(engine);
        break;
      } catch (error) {
        if (this.starting !== start) return null;
        this.giveUp(name, error);
      }
    }
    this.starting = null;
    this.emit("engine", { name: this.engine, choice: this.engineChoice });
    this.refresh();
    return null;
  }

  /** An engine did not start or failed at work: say so, and never try it again unless it is asked for. */
  giveUp(name, error) {
    this.broken.add(name);
    const words = { gl: "显卡绘图", canvas: "画布绘图" };
    const other = name === "gl" ? "canvas" : "gl";
    const next = this.broken.has(other) ? "地图图形暂时画不出来，请刷新页面或换一个浏览器。" : `已改用${words[other]}。`;
    this.emit("notice", { id: "engine", text: `${words[name]}不能使用（${error.message}），${next}` });
  }

  /** Called by an engine that cannot go on. */
  engineBroke(stack, error) {
    if (!stack.engine || this.broken.has(stack.engine.name)) return;
    const { name } = stack.engine;
    try {
      stack.use(null);
    } catch {
      // what is broken may not even go away cleanly
    }
    this.giveUp(name, error);
    if (stack === this.stack) this.startEngine();
    else this.startCompanion(stack);
  }

  /**
   * A second picture of the registers over the first, in a pane of its own, with its own day, filter and colouring.
   * @param {{pane: string, query?: object, schemeId?: string, hasNames?: boolean}} wanted pane: of the Leaflet map, made
   *   where it is missing; hasNames: it has other names than the first, in the pane "<pane>-labels"
   * @returns {{stack: RegisterStack, setQuery: (query: object) => void, setScheme: (id: string) => Promise<boolean>, remove: () => void}}
   */
  addCompanion({ pane, query = {}, schemeId = null, hasNames = false }) {
    if (!this.map.getPane(pane)) this.makePane(pane, PANES.companions);
    const stack = new RegisterStack(this, pane, (name, detail) => this.onCompanion(stack, name, detail));
    if (hasNames && !this.map.getPane(`${pane}-labels`)) this.makePane(`${pane}-labels`, PANES.labels);
    for (const layer of this.layers.values()) {
      const { opacity, isVisible, isLabelled, look } = layer;
      Object.assign(stack.add(layer.config), { opacity, isVisible, isLabelled, look, scheme: look });
    }
    this.companions.add(stack);
    stack.layers.get("plots")?.setScheme(schemeId ?? this.layers.get("plots").scheme.id);
    stack.setQuery({ ...this.query, ...query });
    if (hasNames) stack.labels = new Labels(this, `${pane}-labels`, stack);
    this.startCompanion(stack);
    return {
      stack,
      setQuery: (changed) => {
        if (stack.setQuery({ ...stack.query, ...changed })) stack.labels?.refreshSoon();
      },
      setScheme: (id) => stack.layers.get("plots")?.setScheme(id),
      remove: () => {
        this.companions.delete(stack);
        stack.labels?.remove();
        stack.remove();
      },
    };
  }

  async startCompanion(stack) {
    for (const name of engineNames(this.engineChoice).filter((each) => !this.broken.has(each))) {
      try {
        const engine = await makeEngine(name, stack, { isForced: this.engineChoice === "gl" });
        if (!this.companions.has(stack)) return engine.remove();
        stack.use(engine);
        stack.sync();
        return null;
      } catch (error) {
        this.giveUp(name, error);
      }
    }
    return null;
  }

  /** What the second picture has to tell; the panel shows the first one's states. */
  onCompanion(stack, name, detail) {
    if (name === "layerstate") stack.labels?.refreshSoon();
    if (name === "failed") this.emit("notice", { id: "companion", text: `对比图层“${detail.layer.config.title}”没有加载：${detail.message}` });
    if (name === "notice") this.emit(name, detail);
  }

  // What is shown

  get query() {
    return this.stack.query;
  }

  /**
   * Show only the plots that satisfy a filter, only the projects that satisfy another and are on such plots, and all
   * registers as of a day.
   * @param {{filter?: string, projects?: string, at?: string, isHeld?: boolean}} query filter: over plots; isHeld: nobody
   *   knows yet whether the filter is one, so nothing is asked for with it until `releaseFilter`
   */
  setQuery({ isHeld = false, ...query }) {
    this.isFilterHeld = isHeld;
    if (this.stack.setQuery({ ...this.query, ...query })) this.emit("query", this.query);
  }

  /** The server takes the filter. */
  releaseFilter() {
    this.isFilterHeld = false;
    for (const stack of [this.stack, ...this.companions]) for (const layer of stack.layers.values()) if (layer.config.isFiltered) layer.requery();
    this.refresh();
  }

  /** Whether everything in view is drawn and nothing is on its way. */
  get isSettled() {
    const stacks = [this.stack, ...this.companions];
    return !this.starting && !this.syncTimer && stacks.every((stack) => stack.isSettled && (stack.labels ?? this.labels).isSettled);
  }

  /** Show the whole district. */
  showAll() {
    this.map.fitBounds(this.config.bounds, { padding: [16, 16], animate: false });
  }

  refreshSoon() {
    clearTimeout(this.syncTimer);
    this.syncTimer = setTimeout(() => this.refresh(), SYNC_DELAY_MS);
  }

  refresh() {
    clearTimeout(this.syncTimer);
    this.syncTimer = 0;
    for (const stack of [this.stack, ...this.companions]) {
      stack.sync();
      stack.labels?.refreshSoon();
    }
    this.labels.refreshSoon();
  }

  onSelection(changed) {
    for (const stack of [this.stack, ...this.companions]) stack.ask((engine) => engine.select(changed));
    this.emit("selection", { keys: this.selection.keys, changed });
  }

  // What lies where

  /** The picture that is seen at a point of the container: on the right of a curtain the second one. */
  stackAt(point) {
    const isRight = this.curtain && point.x > this.curtain.share * this.map.getSize().x;
    return isRight ? this.curtain.stack : this.stack;
  }

  /** The day of what is seen at a point; "" for now. */
  dayAt(point) {
    return this.stackAt(point).query.at;
  }

  /**
   * What lies under a point of the container, topmost first; names count before shapes.
   * @returns {{register: string, key: string | null, properties: object}[]} key null: a cell of many plots
   */
  featuresAt(point) {
    const stack = this.stackAt(point);
    const label = (stack.labels ?? this.labels).at(this.L.point(point));
    const found = stack.featuresAt(this.L.point(point));
    return label ? [label, ...found] : found;
  }

  /** The topmost record under a point that has a card; one of the register that a tool works on before all others. */
  recordAt(point) {
    const found = this.featuresAt(point).filter(({ key }) => key !== null);
    return found.find(({ register }) => register === this.preferred) ?? found[0] ?? null;
  }

  onClick(event) {
    if (this.tool) return;
    const hit = this.recordAt(event.containerPoint);
    this.emit("choose", hit && { register: hit.register, key: hit.key, ...this.ownDay(event.containerPoint), original: event.originalEvent });
  }

  /** The day of what is seen at a point, where it is another than the map's. */
  ownDay(point) {
    const at = this.dayAt(point);
    return at === this.query.at ? {} : { at };
  }

  onMove({ containerPoint, latlng }) {
    this.pointer = { containerPoint, latlng };
    if (this.moveFrame) return;
    this.moveFrame = requestAnimationFrame(() => {
      this.moveFrame = 0;
      if (this.pointer) this.hover(this.pointer);
    });
  }

  hover({ containerPoint, latlng }) {
    const [hit] = this.tool ? [] : this.featuresAt(containerPoint);
    if (!hit) return this.leave();
    this.map.getContainer().classList.toggle("is-over-record", hit.key !== null);
    this.isHovering = true;
    this.emit("hover", { ...hit, at: latlng });
    return null;
  }

  leave() {
    this.pointer = null;
    if (!this.isHovering) return;
    this.isHovering = false;
    this.map.getContainer().classList.remove("is-over-record");
    this.emit("leave");
  }

  /** Mark one feature, or none. */
  highlight(feature) {
    this.highlighted?.remove();
    this.highlighted = null;
    if (!feature?.geometry) return;
    const isPoint = feature.geometry.type === "Point";
    this.highlighted = makePath(this.L, feature, { ...HIGHLIGHT, radius: isPoint ? 11 : undefined, renderer: this.renderer });
    this.highlighted?.addTo(this.map);
  }

  /** Bring a feature into view, unless it already lies inside. */
  reveal(feature, { zoomIn = false } = {}) {
    const path = makePath(this.L, feature, {});
    if (!path) return;
    const bounds = path.getBounds?.() ?? this.L.latLngBounds([path.getLatLng(), path.getLatLng()]);
    if (zoomIn) this.map.fitBounds(bounds, { maxZoom: 16, padding: [60, 60], animate: false });
    else if (!this.map.getBounds().contains(bounds)) this.map.panTo(bounds.getCenter(), { animate: false });
  }

  /** Choose what lies under the middle of the map: the keyboard's click. */
  chooseCentre() {
    const middle = this.map.getSize().divideBy(2);
    const hit = this.recordAt(middle);
    if (hit && !this.tool) this.emit("choose", { register: hit.register, key: hit.key, ...this.ownDay(middle), byKeyboard: true });
  }
}
