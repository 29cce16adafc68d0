/** The layer panel: eyes, opacities, colourings with their legends, and why a layer shows nothing. */

import { onAreaUnit } from "../area_unit.js";
import { legendParts } from "./legend.js";
import { BreaksForm } from "./breaks_form.js";

const SLOW_MS = 400; // shorter waits are not worth a line that comes and goes
const ENGINE_WORDS = { gl: "显卡（WebGL）", canvas: "画布" };

/** What the panel says under a layer's name. */
export function stateText(layer) {
  switch (layer.state) {
    case "empty": return "暂无数据";
    case "loading": return "正在加载…";
    case "out-of-scale": return `放大到 ${layer.config.minZoom} 级后显示`;
    case "failed": return `加载失败：${layer.message}`;
    default: return "";
  }
}

export class LayerPanel {
  /**
   * @param {HTMLElement} root
   * @param {import("./map_view.js").MapView} view
   * @param {{layers: () => void, color: () => void, layout: (shift: number) => void}} changed
   */
  constructor(root, view, changed) {
    this.root = root;
    this.view = view;
    this.changed = changed;
    this.waits = new Map();
    this.color = this.colorOf("plots");
    this.engine = root.querySelector("[data-engine]");
    this.breaks = this.color && new BreaksForm(root.querySelector("[data-breaks]"), (id) => this.pickColor(id));
    root.addEventListener("change", (event) => this.onChange(event.target));
    root.addEventListener("input", (event) => this.onInput(event.target));
    document.addEventListener("click", (event) => this.closeSources(event.target));
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeSources(null);
    });
    view.on("layerstate", (layer) => this.showState(layer));
    view.on("legend", (layer) => this.showLegend(layer));
    view.on("engine", () => this.showEngine());
    view.on("query", ({ at }) => this.showCounts(!at));
    onAreaUnit(() => this.showLegends());
    this.showLegends();
    this.showEngine();
  }

  /** The page's counts are those of now: another day's are in the legends. */
  showCounts(isShown) {
    for (const count of this.root.querySelectorAll(".layer-count")) count.hidden = !isShown;
  }

  /** Where the colouring of a register is chosen; null where it has but one. */
  colorOf(id) {
    return this.root.querySelector(`[data-color-by="${CSS.escape(id)}"]`);
  }

  /** Close the notes on sources, but for the one that holds *kept*. */
  closeSources(kept) {
    for (const note of this.root.querySelectorAll(".layer-source[open]")) if (!note.contains(kept)) note.open = false;
  }

  row(id) {
    return this.root.querySelector(`[data-register="${CSS.escape(id)}"]`);
  }

  onChange(control) {
    if (control.matches("[data-eye]")) {
      const layer = this.view.layers.get(control.dataset.eye);
      layer.setVisible(control.checked);
      this.showVisible(layer);
      this.changed.layers();
    } else if (control.matches("[data-labels]")) {
      this.view.layers.get(control.dataset.labels).setLabelled(control.checked);
      this.changed.layers();
    } else if (control === this.color) {
      if (control.value === "breaks") this.breaks.open();
      else this.pickColor(control.value);
    } else if (control.matches("[data-color-by]")) {
      this.setColorOf(this.view.layers.get(control.dataset.colorBy), control.value);
      this.changed.color();
    } else if (control === this.engine) {
      this.view.chooseEngine(control.value);
      this.changed.layers();
    }
  }

  onInput(control) {
    if (!control.matches("[data-opacity]")) return;
    this.setOpacity(this.view.layers.get(control.dataset.opacity), control.valueAsNumber);
    this.changed.layers();
  }

  setOpacity(layer, percent) {
    const slider = this.row(layer.id)?.querySelector("[data-opacity]");
    if (slider) {
      slider.value = String(percent);
      slider.setAttribute("aria-valuetext", `${percent}%`);
    }
    if (layer.opacity !== percent / 100) layer.setOpacity(percent / 100);
  }

  get visibleIds() {
    return [...this.view.layers.values()].filter((layer) => layer.isVisible).map((layer) => layer.config.id);
  }

  setVisible(ids) {
    for (const layer of this.view.layers.values()) {
      const isVisible = ids.includes(layer.config.id);
      if (isVisible !== layer.isVisible) layer.setVisible(isVisible);
      this.showVisible(layer);
    }
  }

  /** The user picked a colouring. */
  async pickColor(id) {
    await this.setColor(id);
    this.changed.color();
  }

  /** Colour the plots: a colouring's id, or "<field>:<method>:<number of classes>". */
  async setColor(id) {
    const plots = this.view.layers.get("plots");
    if (!plots || !this.color) return;
    const done = plots.setScheme(id);
    this.showColor(plots.scheme.id);
    if (!(await done)) this.showColor(plots.scheme.id);
  }

  /** Colour a register beside the plots by one of its own colourings; one it does not have is its first. */
  async setColorOf(layer, id) {
    const known = layer.config.schemes.some((scheme) => scheme.id === id) ? id : layer.config.schemes[0].id;
    const done = layer.setScheme(known);
    const select = this.colorOf(layer.id);
    if (select) select.value = known;
    if (!(await done) && select) select.value = layer.scheme.id;
  }

  showColor(id) {
    const isBuiltIn = [...this.color.options].some((option) => option.value === id && id !== "breaks");
    this.color.value = isBuiltIn ? id : "breaks";
    if (isBuiltIn) this.breaks.close();
    else this.breaks.show(id);
  }

  showLegend(layer) {
    const place = this.row(layer.id)?.querySelector("[data-legend-place]");
    place?.replaceChildren(...legendParts(layer.scheme, layer.config.geometry));
  }

  showLegends() {
    for (const layer of this.view.layers.values()) this.showLegend(layer);
  }

  showEngine() {
    if (!this.engine) return;
    const { engine, engineChoice } = this.view;
    this.engine.value = engineChoice;
    this.root.querySelector("[data-engine-now]").textContent = engine ? `现用${ENGINE_WORDS[engine]}` : "";
  }

  showVisible(layer) {
    const row = this.row(layer.config.id);
    row.querySelector("[data-eye]").checked = layer.isVisible;
    row.querySelector("[data-body]").hidden = !layer.isVisible || layer.config.isEmpty;
    const labels = row.querySelector("[data-labels]");
    if (labels) labels.checked = layer.isLabelled;
    this.showState(layer);
  }

  /** Write a layer's state under its name; that it is loading only where that takes a while. */
  showState(layer) {
    clearTimeout(this.waits.get(layer.id));
    if (layer.state === "loading") this.waits.set(layer.id, setTimeout(() => this.writeState(layer), SLOW_MS));
    else this.writeState(layer);
  }

  writeState(layer) {
    const row = this.row(layer.config.id);
    if (!row) return;
    const text = layer.isVisible || layer.state === "empty" || layer.state === "out-of-scale" ? stateText(layer) : "";
    const output = row.querySelector("[data-state]");
    output.textContent = text;
    output.hidden = !text;
    row.classList.toggle("layer-off-scale", layer.state === "out-of-scale" || layer.state === "empty");
  }
}
