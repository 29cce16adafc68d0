/** The registers of one picture of the map, lowest first, with their filter and day, drawn by one engine into one pane. */

import { RegisterLayer } from "../register_layer.js";

export class RegisterStack {
  /**
   * @param {import("../map_view.js").MapView} view
   * @param {string} pane of the Leaflet map
   * @param {(name: string, detail: any) => void} emit where news go
   */
  constructor(view, pane, emit) {
    this.view = view;
    this.map = view.map;
    this.L = view.L;
    this.pane = pane;
    this.emit = emit;
    this.layers = new Map();
    this.query = { filter: "", projects: "", at: "" };
    this.engine = null;
    this.labels = null; // names of its own, where they differ from the map's
  }

  add(config) {
    const layer = new RegisterLayer(this, config);
    this.layers.set(config.id, layer);
    return layer;
  }

  get selected() {
    return this.view.selection.keys;
  }

  /** Let an engine draw from now on, in place of another. */
  use(engine) {
    const { engine: before } = this;
    this.engine = engine;
    for (const layer of this.layers.values()) layer.state = "idle";
    before?.remove();
  }

  /** Let the engine do something; one that throws gives way to the other. */
  ask(work) {
    if (!this.engine) return undefined;
    try {
      return work(this.engine);
    } catch (error) {
      this.view.engineBroke(this, error);
      return undefined;
    }
  }

  /** Bring what is drawn in line with what is wanted. */
  sync() {
    for (const layer of this.layers.values()) {
      if (!layer.isDrawnAt(this.map.getZoom())) layer.setState(layer.restingState);
    }
    this.ask((engine) => engine.sync());
  }

  setQuery({ filter = "", projects = "", at = "" }) {
    const query = { filter, projects, at };
    if (Object.entries(query).every(([name, value]) => value === this.query[name])) return false;
    this.query = query;
    for (const layer of this.layers.values()) layer.requery();
    this.sync();
    return true;
  }

  /**
   * What lies under a point of the container, topmost first, at most one record of each register.
   * @returns {{register: string, key: string | null, properties: object}[]} key is null for a cell of many plots
   */
  featuresAt(point) {
    return this.ask((engine) => engine.featuresAt(point)) ?? [];
  }

  get isSettled() {
    return Boolean(this.engine?.isSettled) && ![...this.layers.values()].some((layer) => layer.request);
  }

  remove() {
    for (const layer of this.layers.values()) layer.request?.abort();
    this.engine?.remove();
    this.engine = null;
  }
}
