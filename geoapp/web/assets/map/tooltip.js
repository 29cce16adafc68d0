/** The short text beside the pointer. It is fetched when the pointer rests, and goes in as text only. */

import { areaUnit, areaWords, onAreaUnit } from "../area_unit.js";
import { el, fetchJson, formatNumber } from "../page.js";
import { queryText } from "./register_layer.js";

const REST_MS = 80;
const MOST_KEPT = 300;

/** What is said of a cell that stands for many plots. */
export function cellText({ n, m2 }) {
  return `此处 ${formatNumber(n, 0)} 宗，共 ${areaWords(m2)}`;
}

export class Tooltip {
  constructor(view) {
    this.view = view;
    this.tooltip = view.L.tooltip({ className: "map-tooltip", direction: "right", offset: [14, 0], opacity: 1 });
    this.kept = new Map();
    this.shown = null;
    view.on("hover", (hover) => this.onHover(hover));
    view.on("leave", () => this.hide());
    view.on("query", () => this.kept.clear());
    onAreaUnit(() => this.kept.clear());
    view.map.on("movestart zoomstart", () => this.hide());
  }

  onHover({ register, key, properties, at }) {
    this.tooltip.setLatLng(at);
    this.pointAt = this.view.map.latLngToContainerPoint(at);
    const day = this.view.dayAt(this.pointAt);
    const name = key === null ? `${register} ${properties.n} ${properties.m2}` : `${register} ${key} ${day}`;
    if (name === this.shown) return;
    this.hide();
    this.shown = name;
    const words = this.view.stackAt(this.pointAt).layers.get(register)?.look.classes[properties.c]?.zh;
    if (key === null) this.show(cellText(properties), words ? [words] : []);
    else if (this.kept.has(name)) this.show(...this.kept.get(name));
    else this.timer = setTimeout(() => this.load(name, register, key), REST_MS);
  }

  async load(name, register, key) {
    const request = new AbortController();
    this.request = request;
    try {
      const at = this.view.dayAt(this.pointAt);
      const unit = areaUnit() === "mu" ? "" : areaUnit();
      const address = `/layers/${register}/tip.json?${queryText({ key, at, unit })}`;
      const { title, lines } = await fetchJson(address, { signal: request.signal });
      this.kept.set(name, [title, lines]);
      if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value);
      if (this.shown === name) this.show(title, lines);
    } catch {
      if (this.shown === name && !request.signal.aborted) this.show(key, []); // the card says more, if it can
    }
  }

  show(title, lines) {
    this.tooltip.setContent(el("div", {}, el("strong", {}, title), ...lines.map((line) => el("div", {}, line))));
    this.tooltip.addTo(this.view.map);
  }

  hide() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = null;
    this.shown = null;
    this.tooltip.remove();
  }
}

export const attachTooltip = (view) => new Tooltip(view);
