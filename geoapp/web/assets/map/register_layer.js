/** One register on the map: what of it is wanted, under which colouring, and how far the engine has come. */

import { fetchJson } from "../page.js";

const FAINTEST_FILL = 0.12; // fainter layers are hit on their outline only: what lies inside stays within reach

/** The part of an address after the question mark; what is empty is left out. */
export function queryText(values) {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

const looksOf = ({ id, classes }) =>
  JSON.stringify([id, classes.map(({ fill, stroke, fill_opacity, weight, pattern, dash }) => [fill, stroke, fill_opacity, weight, pattern, dash])]);

/** Whether two colourings are drawn alike. */
export const isSameLook = (one, other) => looksOf(one) === looksOf(other);

export class RegisterLayer {
  /**
   * @param {import("./engines/register_stack.js").RegisterStack} stack
   * @param {object} config as the server's MapLayer.to_config makes it
   */
  constructor(stack, config) {
    this.stack = stack;
    this.config = config;
    this.scheme = config.schemes[0]; // what was asked for; may still be on its way
    this.look = config.schemes[0]; // what is drawn: id and classes in the order of the tiles' class numbers
    this.opacity = 1;
    this.isVisible = config.isVisible;
    this.isLabelled = config.isLabelled; // whether names are written
    this.state = "idle";
    this.message = "";
    this.request = null;
  }

  get id() {
    return this.config.id;
  }

  /** Whether nobody knows yet if the filter is one: then nothing is asked for with it. */
  get isHeld() {
    return this.config.isFiltered && this.stack.view.isFilterHeld;
  }

  get isInScale() {
    return this.stack.map.getZoom() >= this.config.minZoom;
  }

  /** Whether the engine has to draw it on a level of the map. */
  isDrawnAt(zoom) {
    return this.isVisible && !this.config.isEmpty && !this.isHeld && zoom >= this.config.minZoom;
  }

  /** Whether only its outline answers to the pointer. */
  get isOutline() {
    return this.config.isLabelled || Math.max(...this.look.classes.map((look) => look.fill_opacity)) < FAINTEST_FILL;
  }

  /** The parameters of whatever shows the same records: tiles, labels, counts. */
  get query() {
    const { filter, projects, at } = this.stack.query;
    if (!this.config.isFiltered) return { filter: "", at };
    // Projects are filtered by what is said of them, and by what is said of their plots.
    return this.id === "projects" ? { filter: projects, plots: filter, at } : { filter, at };
  }

  /** Whether a filter leaves records out. */
  get hasFilter() {
    return Boolean(this.query.filter || this.query.plots);
  }

  /** Address of its tiles, with {z}, {x} and {y} left open. */
  get tiles() {
    const isOwn = this.config.schemes.length === 1 && this.look === this.config.schemes[0];
    const query = queryText({ style: isOwn ? "" : this.look.id, ...this.query });
    return query ? `${this.config.tiles}?${query}` : this.config.tiles;
  }

  setVisible(isVisible) {
    this.isVisible = isVisible;
    this.stack.sync();
  }

  setLabelled(isLabelled) {
    this.isLabelled = isLabelled;
    (this.stack.labels ?? this.stack.view.labels).refreshSoon();
  }

  setOpacity(opacity) {
    this.opacity = opacity;
    this.stack.sync();
  }

  /**
   * Colour it otherwise: by one of the colourings it came with, or by "<field>:<method>:<number of classes>".
   * @returns {Promise<boolean>} whether the colouring is there; without it the old one stays
   */
  async setScheme(id) {
    if (id === this.scheme.id && !this.request) return true;
    const known = this.config.schemes.find((scheme) => scheme.id === id);
    this.scheme = known ?? { id, classes: [] };
    if (known && !this.stack.query.at) {
      this.wear(known);
      if (this.hasFilter) this.loadScheme(id);
      return true;
    }
    return this.loadScheme(id);
  }

  wear(scheme) {
    this.request?.abort();
    this.request = null;
    this.scheme = scheme;
    if (!isSameLook(this.look, scheme)) this.look = scheme; // other counts alone need no new picture
    this.stack.sync();
    this.stack.emit("legend", this);
  }

  /** Fetch the classes with their counts, as of the day and under the filter. */
  async loadScheme(id) {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    try {
      const query = queryText({ style: id, ...this.query });
      const scheme = await fetchJson(`/layers/${this.id}/style.json?${query}`, { signal: request.signal });
      if (this.request === request) this.wear(scheme);
      return true;
    } catch (error) {
      if (error.name === "AbortError") return false;
      this.request = null;
      this.scheme = this.look;
      this.sayWhy(id, error);
      return false;
    }
  }

  /** A refused filter or day is told by the layer itself, whose tiles are refused as well. */
  sayWhy(id, error) {
    const isKept = id === this.look.id;
    if (isKept && error.status >= 400 && error.status < 500) return;
    const words = isKept ? `“${this.config.title}”的图例没有更新` : "没有换成这种着色";
    this.stack.emit("notice", { id: `style-${this.id}`, text: `${words}：${error.message}` });
  }

  /** The filter or the day changed: so did the counts of the legend, on another day perhaps the classes. */
  requery() {
    if (this.isHeld) return;
    const { at } = this.query;
    const known = this.config.schemes.find((scheme) => scheme.id === this.scheme.id);
    if (known && !this.hasFilter && !at) this.wear(known);
    else if (this.config.isFiltered || at) this.loadScheme(this.scheme.id);
  }

  /** Ask again for what failed, and for what may have changed on the server. */
  refresh() {
    this.stack.ask((engine) => engine.reload(this));
  }

  /** The engine says how far it is: loading, shown or failed; where nothing is to be drawn the layer knows itself. */
  setState(state, message = "") {
    if (this.state === state && this.message === message) return;
    this.state = state;
    this.message = message;
    this.stack.emit("layerstate", this);
    if (state === "failed") this.stack.emit("failed", { layer: this, message });
  }

  /** State of a layer that is not to be drawn. */
  get restingState() {
    if (this.config.isEmpty) return "empty";
    return this.isInScale ? "idle" : "out-of-scale";
  }
}
