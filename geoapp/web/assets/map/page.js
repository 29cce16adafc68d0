/** The map page: puts map, panel, search, card and address together. */

import { onAreaUnit } from "../area_unit.js";
import { fetchJson } from "../page.js";
import { CardPanel } from "./card.js";
import { attachCoordinates } from "./coordinates.js";
import { LayerPanel } from "./panel.js";
import { Permalink, readState } from "./permalink.js";
import { queryText } from "./register_layer.js";
import { SearchBox } from "./search.js";
import { SidePanel } from "./side_panel.js";
import { Toasts } from "./toast.js";
import { Toolbar } from "./toolbar.js";
import { attachTooltip } from "./tooltip.js";

const NARROW_PX = 1180;
const element = (id) => document.getElementById(id);

export class MapPage {
  constructor(view) {
    this.view = view;
    this.chosen = null;
    this.defaults = {
      layers: [...view.layers.values()].filter((layer) => layer.config.isVisible).map((layer) => layer.config.id),
      color: view.layers.get("plots")?.scheme.id ?? null,
    };
    this.toasts = new Toasts(element("toasts"));
    this.permalink = new Permalink(() => this.state(), (state) => this.apply(state), this.defaults);
    this.panel = new LayerPanel(element("layer-panel"), view, {
      layers: () => this.permalink.writeSoon(),
      color: () => this.permalink.writeSoon(),
    });
    this.side = new SidePanel(element("side-panel"), element("side-panel-toggle"), view, (shift) => this.keepPlace(shift));
    this.toolbar = new Toolbar(document.querySelector(".map-toolbar"), element("tool-panels"), view);
    this.card = new CardPanel(element("card-panel"), () => this.choose(null));
    this.search = new SearchBox(element("search"), element("search-results"), (result) => this.goTo(result), () => view.query.at);
    attachTooltip(view);
    attachCoordinates(view, element("coordinates"), (message) => this.toasts.show("copied", message));
    this.listen();
  }

  listen() {
    const { view } = this;
    view.on("choose", (choice) => this.choose(choice));
    view.on("layerstate", (layer) => { if (layer.state !== "failed") this.toasts.hide(layer.config.id); });
    view.on("failed", ({ layer, message }) =>
      this.toasts.show(layer.config.id, `“${layer.config.title}”没有加载：${message}`, "重试", () => layer.refresh()),
    );
    view.on("query", ({ at }) => this.onDay(at));
    onAreaUnit(() => { if (this.chosen) this.show(this.chosen); });
    view.map.on("moveend", () => this.permalink.writeSoon());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.card.isOpen) this.choose(null);
    });
    window.addEventListener("resize", () => view.map.invalidateSize({ pan: false }));
  }

  start() {
    if (window.innerWidth < NARROW_PX) this.side.setOpen(false, { isSilent: true });
    const address = new URL(window.location.href);
    this.permalink.applyParts(address);
    this.apply(readState(address));
  }

  /** The map's columns changed their widths: what was seen stays where it was on the screen. */
  keepPlace(shift) {
    this.view.map.invalidateSize({ pan: false });
    if (shift) this.view.map.panBy([shift, 0], { animate: false });
    this.view.refreshSoon();
  }

  state() {
    const { map } = this.view;
    const centre = map.getCenter();
    return {
      place: { zoom: map.getZoom(), lat: centre.lat, lon: centre.lng },
      layers: this.panel.visibleIds,
      color: this.view.layers.get("plots")?.scheme.id ?? null,
      selected: this.chosen && { register: this.chosen.register, key: this.chosen.key },
    };
  }

  /** Bring the page into the state that an address describes. */
  apply({ place, layers, color, selected }) {
    const { map } = this.view;
    const isFirst = !this.isPlaced;
    if (isFirst) this.view.showAll();
    this.isPlaced = true;
    this.panel.setColor(color ?? this.defaults.color);
    this.panel.setVisible(layers ?? this.defaults.layers);
    const isSame = selected?.key === this.chosen?.key && selected?.register === this.chosen?.register;
    if (!isSame) this.show(selected); // before the place: an opening card narrows the map
    if (place) map.setView([place.lat, place.lon], place.zoom, { animate: false });
    this.view.refresh();
    if (selected && !isSame) this.restoring = this.restore(selected, { isRevealed: !place, zoomIn: isFirst });
  }

  /** Find and mark the shape of what an address names. */
  async restore(selected, { isRevealed, zoomIn }) {
    const feature = await this.fetchFeature(selected.register, selected.key, selected.at);
    if (!feature || this.chosen !== selected) return;
    selected.feature = feature;
    this.view.highlight(feature);
    this.card.setTitle(feature.properties.label || selected.key);
    if (isRevealed) this.view.reveal(feature, { zoomIn });
  }

  /** A record's shape; null where it has none or the register is unknown. */
  async fetchFeature(register, key, at = this.view.query.at) {
    if (!this.view.layers.has(register)) return null;
    try {
      const collection = await fetchJson(`/layers/${register}.geojson?${queryText({ key, at })}`);
      return collection.features[0] ?? null;
    } catch {
      return null;
    }
  }

  /** Another day: the card is that day's, unless it was opened for a day of its own. */
  onDay(at) {
    if (at === this.day) return;
    this.day = at;
    if (this.chosen && this.chosen.at === undefined) this.show(this.chosen);
  }

  /** The user chose a feature, or nothing. */
  choose(choice) {
    if (!choice && !this.chosen) return;
    this.show(choice);
    if (choice && !choice.feature) this.restore(choice, { isRevealed: false });
    this.permalink.push();
  }

  /** Go to a record; *returnTo* takes the focus when its card closes. */
  async goTo({ register, key, label, returnTo = this.search.input }) {
    const feature = await this.fetchFeature(register, key);
    this.show({ register, key, label, feature, returnTo });
    const layer = this.view.layers.get(register);
    if (layer && !layer.isVisible) this.panel.setVisible([...this.panel.visibleIds, register]);
    if (feature) this.view.reveal(feature, { zoomIn: true });
    else this.toasts.show("no-shape", "这条记录没有图形，地图上不能定位。");
    this.permalink.push();
  }

  show(choice) {
    this.chosen = choice;
    this.view.highlight(choice?.feature ?? null);
    const wasOpen = this.card.isOpen;
    if (choice) {
      if (window.innerWidth < NARROW_PX && this.side.isOpen) this.side.setOpen(false);
      const title = choice.feature?.properties.label || choice.label || choice.key;
      const returnTo = choice.returnTo ?? (choice.byKeyboard ? this.view.map.getContainer() : null);
      this.card.open({ ...choice, at: choice.at ?? this.view.query.at }, title, returnTo);
    } else {
      this.card.close();
    }
    if (wasOpen !== this.card.isOpen) this.keepPlace(0);
    this.view.emit("chosen", choice);
  }
}
