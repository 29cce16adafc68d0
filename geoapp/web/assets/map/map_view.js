/** A Leaflet map with its registers, kept in order and in line with the view. */

import { gcj02TileLayer } from "./gcj02.js";
import { hatchCanvas } from "./hatch.js";
import { RegisterLayer } from "./register_layer.js";
import { makePath } from "./shapes.js";

const LOAD_DELAY_MS = 150;
const HIGHLIGHT = { color: "#d6006e", weight: 4, opacity: 1, fill: false, interactive: false, isOutline: true };

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
    this.layers = new Map();
    this.highlighted = null;
    this.renderer = hatchCanvas(L, { padding: 0.3, tolerance: 4 });
    this.map = L.map(id, {
      renderer: this.renderer,
      minZoom: config.minZoom ?? 3,
      maxZoom: config.maxZoom ?? 20,
      zoomControl: false,
      attributionControl: false,
      maxBoundsViscosity: 0,
      wheelPxPerZoomLevel: 90,
    });
    const container = this.map.getContainer();
    container.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === container) this.chooseCentre();
    });
    this.addControls();
    this.map.on("moveend", () => this.refreshSoon());
    this.map.on("click", () => this.emit("choose", null));
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
    const options = {
      minNativeZoom: config.minZoom,
      maxNativeZoom: config.maxZoom,
      minZoom: 0,
      maxZoom: 22,
      attribution: asHtml(config.attribution),
    };
    const layer = config.isGcj02
      ? gcj02TileLayer(this.L, config.address, options)
      : this.L.tileLayer(config.address, options);
    this.basemap = layer.addTo(this.map);
  }

  /** Registers are added from the lowest to the topmost. */
  addRegister(config) {
    const layer = new RegisterLayer(this, config);
    this.layers.set(config.id, layer);
    return layer;
  }

  /** Show the whole district. */
  showAll() {
    this.map.fitBounds(this.config.bounds, { padding: [16, 16], animate: false });
  }

  refreshSoon() {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => this.refresh(), LOAD_DELAY_MS);
  }

  refresh() {
    clearTimeout(this.refreshTimer);
    return Promise.all([...this.layers.values()].map((layer) => layer.refresh()));
  }

  /** Put every register into its place after one was drawn anew; the highlight lies on top. */
  reorder() {
    for (const layer of this.layers.values()) if (layer.paths.size) layer.group.bringToFront();
    if (this.highlighted) this.highlighted.bringToFront();
  }

  /** Mark one feature, or none. */
  highlight(feature) {
    this.highlighted?.remove();
    this.highlighted = null;
    if (!feature) return;
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
    const point = this.map.latLngToLayerPoint(this.map.getCenter());
    for (const layer of [...this.layers.values()].reverse()) {
      const feature = layer.featureAt(point);
      if (feature) {
        this.emit("choose", { register: layer.config.id, key: feature.id, feature, byKeyboard: true });
        return;
      }
    }
  }
}
