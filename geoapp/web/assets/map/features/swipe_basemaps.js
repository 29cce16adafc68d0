/** The basemaps that the curtain can lay side by side: the installation's first, its second, none. */

import { basemapLayer } from "../basemap_layer.js";

export const BASEMAP_IDS = ["basemap", "compare", "none"];
const PANE = "swipe-basemap";
const OVER_THE_FIRST = 205; // Leaflet's tiles lie at 200

export class SwipeBasemaps {
  constructor(view) {
    this.view = view;
    this.config = view.config.compareBasemap?.address ? view.config.compareBasemap : null;
    this.compare = null;
    this.wasShown = null;
  }

  /** Ids of those that there are. */
  get choices() {
    return BASEMAP_IDS.filter((id) => (id === "basemap" ? this.view.basemap : id === "compare" ? this.config : true));
  }

  get isPossible() {
    return this.choices.length > 1;
  }

  get firstChoice() {
    const [left, right] = this.choices;
    return { left, right: right ?? left };
  }

  nameOf(id) {
    if (id === "basemap") return this.view.basemap?.options.plainAttribution || "底图";
    if (id === "compare") return this.config?.attribution || "对比底图";
    return "无底图";
  }

  /** Put on the map what the sides want. */
  show({ left, right }) {
    const { map, basemap } = this.view;
    const isWanted = (id) => left === id || right === id;
    if (basemap) {
      this.wasShown ??= map.hasLayer(basemap);
      this.place(basemap, isWanted("basemap"));
    }
    if (this.config) {
      this.compare ??= this.makeCompare();
      this.place(this.compare, isWanted("compare"));
    }
  }

  place(layer, isShown) {
    if (isShown) layer.addTo(this.view.map);
    else layer.remove();
  }

  makeCompare() {
    const { L, map } = this.view;
    if (!map.getPane(PANE)) {
      const pane = map.createPane(PANE);
      pane.style.zIndex = String(OVER_THE_FIRST);
      pane.style.pointerEvents = "none";
    }
    return basemapLayer(L, this.config, { pane: PANE });
  }

  /** The elements that are seen on one side only. */
  elements({ left, right }) {
    const of = (id) => [id === "basemap" ? this.view.basemap : id === "compare" ? this.compare : null].map((layer) => layer?.getContainer()).filter(Boolean);
    return left === right ? { left: [], right: [] } : { left: of(left), right: of(right) };
  }

  /** As before the curtain. */
  restore() {
    this.compare?.remove();
    if (this.wasShown !== null && this.view.basemap) this.place(this.view.basemap, this.wasShown);
    this.wasShown = null;
  }
}
