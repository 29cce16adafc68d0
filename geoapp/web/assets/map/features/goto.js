/** To a coordinate, in whatever form it is written, or to a code. */

import { el, fetchJson } from "../../page.js";
import { placeWords } from "../coordinates.js";
import { queryText } from "../register_layer.js";
import { copyText } from "./clipboard.js";
import { sketchOptions } from "./draw.js";
import { PanelTool } from "./panel_tool.js";

const ZOOM = 17;

class GotoTool extends PanelTool {
  constructor(page) {
    super(page, "goto");
    this.form = this.part("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(() => this.search());
    });
    this.part("copy").addEventListener("click", () => this.copy());
    this.part("clear").addEventListener("click", () => this.clear());
    this.view.map.on("moveend", () => this.showCentre());
  }

  start() {
    this.showCentre();
    this.form.elements.q.focus();
    this.form.elements.q.select();
  }

  get centreWords() {
    const { lng, lat } = this.view.map.getCenter().wrap();
    return placeWords(this.view, lng, lat);
  }

  showCentre() {
    if (!this.panel.hidden) this.part("centre").textContent = this.centreWords;
  }

  async copy() {
    const isCopied = await copyText(this.centreWords);
    this.page.toasts.show("copied", isCopied ? `已复制：${this.centreWords}` : "浏览器不许复制，请手工选中后复制。");
  }

  async search() {
    const list = this.part("list");
    list.hidden = true;
    const { results } = await fetchJson(`/goto.json?${queryText({ q: this.form.elements.q.value.trim(), at: this.view.query.at })}`);
    if (results.length === 1) this.go(results[0]);
    list.replaceChildren(...results.map((result) => this.row(result)));
    list.hidden = results.length < 2;
    if (results.length > 1) list.querySelector("button").focus();
  }

  row(result) {
    return el("li", {}, el("button", { type: "button", class: "row-link", onclick: () => this.go(result) }, result.label), result.detail ? el("span", { class: "hint" }, result.detail) : null);
  }

  go(result) {
    if (result.key) {
      this.page.goTo({ register: result.register, key: result.key, label: result.label });
      return;
    }
    this.mark(result);
    this.view.map.setView([result.lat, result.lon], Math.max(ZOOM, this.view.map.getZoom()), { animate: false });
  }

  mark({ lon, lat }) {
    const { L, map } = this.view;
    const options = { ...sketchOptions(this.view), color: "#d6006e", weight: 2, fill: false };
    this.marker?.remove();
    const words = document.createElement("span");
    words.textContent = placeWords(this.view, lon, lat);
    this.marker = L.layerGroup([
      L.circleMarker([lat, lon], { ...options, radius: 12 }),
      L.circleMarker([lat, lon], { ...options, radius: 2, fill: true, fillOpacity: 1, fillColor: "#d6006e" }),
      L.tooltip({ permanent: true, direction: "right", offset: [14, 0], className: "measure-label" }).setLatLng([lat, lon]).setContent(words),
    ]).addTo(map);
  }

  clear() {
    this.marker?.remove();
    this.marker = null;
  }
}

export function attach(page) {
  page.gotoTool = new GotoTool(page);
}
