/** One register on the map: fetches the shapes of the part in view and draws them. */

import { fetchJson } from "../page.js";
import { makePath, styleOf } from "./shapes.js";

const MARGIN = 0.25; // of the view, fetched around it so that a short move needs nothing new
const FAINTEST_FILL = 0.12; // fainter layers are hit on their outline only: what lies inside stays within reach
const FULL_POINT_ZOOM = 15; // points shrink on the levels below
const THIN_ZOOM = 14;
const LABEL_ZOOMS = { towns: [0, 13], parks: [14, 22] }; // the finer names take the place of the coarser

/** West, south, east, north with five decimals, for the server. */
export function boxText(bounds) {
  const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value)).toFixed(5);
  return [
    clamp(bounds.getWest(), 180), clamp(bounds.getSouth(), 90), clamp(bounds.getEast(), 180), clamp(bounds.getNorth(), 90),
  ].join(",");
}

export class RegisterLayer {
  /**
   * @param {import("./map_view.js").MapView} view
   * @param {object} config as the server's MapLayer.to_config makes it
   */
  constructor(view, config) {
    const { L } = view;
    this.view = view;
    this.config = config;
    this.scheme = config.schemes[0];
    this.opacity = 1;
    this.isVisible = config.isVisible;
    this.state = "idle";
    this.loaded = null;
    this.request = null;
    this.paths = new Map();
    this.labels = L.layerGroup();
    this.group = L.featureGroup();
    this.group.on("click", (event) => view.emit("choose", this.describe(event)));
    this.group.on("mouseover mousemove", (event) => view.emit("hover", { ...this.describe(event), at: event.latlng }));
    this.group.on("mouseout", () => view.emit("leave"));
  }

  describe(event) {
    const { feature } = event.propagatedFrom ?? event.layer;
    return { register: this.config.id, key: feature.id, feature };
  }

  get isInScale() {
    return this.view.map.getZoom() >= this.config.minZoom;
  }

  setVisible(isVisible) {
    this.isVisible = isVisible;
    return this.refresh();
  }

  setOpacity(opacity) {
    this.opacity = opacity;
    this.restyle();
  }

  setScheme(id) {
    this.scheme = this.config.schemes.find((scheme) => scheme.id === id) ?? this.config.schemes[0];
    this.restyle();
  }

  setState(state) {
    this.state = state;
    this.view.emit("layerstate", this);
  }

  restyle() {
    for (const path of this.paths.values()) path.setStyle(this.styleFor(path.feature));
  }

  styleFor(feature) {
    const style = styleOf(this.scheme, feature.properties, this.opacity);
    // Borders as wide as their plots would hide the classes on the levels where one sees the whole district.
    return this.view.map.getZoom() < THIN_ZOOM && style.weight <= 1 ? { ...style, weight: style.weight / 2 } : style;
  }

  /** Bring the layer in line with the view: fetch and draw, or take away. */
  async refresh() {
    if (this.isVisible && this.isInScale && !this.config.isEmpty) {
      if (!this.holdsView()) await this.load();
      return;
    }
    this.abort();
    this.clear();
    this.loaded = null;
    this.setState(this.config.isEmpty ? "empty" : this.isInScale ? "idle" : "out-of-scale");
  }

  /** Whether what is drawn already covers the view at this level. */
  holdsView() {
    const { map } = this.view;
    return Boolean(
      this.loaded && this.loaded.zoom === map.getZoom() && this.loaded.isWhole && this.loaded.bounds.contains(map.getBounds()),
    );
  }

  async load() {
    this.abort();
    const { map } = this.view;
    const zoom = map.getZoom();
    const bounds = map.getBounds().pad(MARGIN);
    const request = new AbortController();
    this.request = request;
    this.setState("loading");
    try {
      const address = `${this.config.url}?bbox=${boxText(bounds)}&zoom=${Math.round(zoom)}`;
      const collection = await fetchJson(address, { signal: request.signal });
      this.loaded = { bounds, zoom, isWhole: !collection.truncated };
      this.draw(collection.features);
      this.setState(collection.truncated ? "truncated" : "shown");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.setState("failed");
      this.view.emit("failed", { layer: this, message: error.message });
    }
  }

  abort() {
    this.request?.abort();
    this.request = null;
  }

  clear() {
    this.paths.clear();
    this.group.clearLayers();
    this.labels.clearLayers();
  }

  draw(features) {
    const { L, map, renderer } = this.view;
    const radius = this.config.radius * Math.min(1, Math.max(0.5, 1 - (FULL_POINT_ZOOM - map.getZoom()) / 6));
    const fills = Object.values(this.scheme.classes).map((look) => look.fill_opacity);
    const isOutline = this.config.isLabelled || Math.max(...fills) < FAINTEST_FILL;
    this.clear();
    for (const feature of features) {
      const options = { ...this.styleFor(feature), radius, renderer, isOutline, bubblingMouseEvents: false };
      const path = makePath(L, feature, options);
      if (!path) continue;
      path.feature = feature;
      this.paths.set(feature.id, path);
      this.group.addLayer(path);
    }
    this.group.addTo(map);
    if (this.config.isLabelled) this.drawLabels(features);
    this.view.emit("drawn", this);
  }

  drawLabels(features) {
    const { L, map } = this.view;
    const [first, last] = LABEL_ZOOMS[this.config.id] ?? [0, 22];
    if (map.getZoom() < first || map.getZoom() > last) return;
    for (const feature of features) {
      const [lon, lat] = feature.properties.at;
      const words = document.createElement("span");
      words.textContent = feature.properties.label;
      const icon = L.divIcon({ html: words, className: `map-label map-label-${this.config.id}`, iconSize: null });
      L.marker([lat, lon], { icon, keyboard: false })
        .on("click", () => this.view.emit("choose", { register: this.config.id, key: feature.id, feature }))
        .addTo(this.labels);
    }
    this.labels.addTo(map);
  }

  /** The feature whose shape holds a point of the layer pane, if any. */
  featureAt(point) {
    for (const path of [...this.paths.values()].reverse()) if (path._containsPoint(point)) return path.feature;
    return null;
  }
}
