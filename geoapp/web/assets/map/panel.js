/** The layer panel: eyes, opacities, the plots' colouring, and why a layer shows nothing. */

/** What the panel says under a layer's name. */
export function stateText(layer) {
  switch (layer.state) {
    case "empty": return "暂无数据";
    case "loading": return "正在加载…";
    case "out-of-scale": return `放大到 ${layer.config.minZoom} 级后显示`;
    case "truncated": return "图形较多，只画了最大的一部分；放大后显示全部";
    case "failed": return "加载失败";
    default: return "";
  }
}

export class LayerPanel {
  /**
   * @param {HTMLElement} root
   * @param {import("./map_view.js").MapView} view
   * @param {{layers: () => void, color: () => void}} changed
   */
  constructor(root, view, changed) {
    this.root = root;
    this.view = view;
    this.changed = changed;
    this.color = root.querySelector("[data-color-by]");
    root.addEventListener("change", (event) => this.onChange(event.target));
    root.addEventListener("input", (event) => this.onInput(event.target));
    document.addEventListener("click", (event) => this.closeSources(event.target));
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeSources(null);
    });
    view.on("layerstate", (layer) => this.showState(layer));
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
    } else if (control === this.color) {
      this.setColor(control.value);
      this.changed.color();
    }
  }

  onInput(control) {
    if (!control.matches("[data-opacity]")) return;
    this.view.layers.get(control.dataset.opacity).setOpacity(control.valueAsNumber / 100);
    control.setAttribute("aria-valuetext", `${control.value}%`);
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

  setColor(id) {
    const plots = this.view.layers.get("plots");
    if (!plots || !this.color) return;
    plots.setScheme(id);
    this.color.value = plots.scheme.id;
    for (const legend of this.root.querySelectorAll("[data-legend]")) legend.hidden = legend.dataset.legend !== plots.scheme.id;
  }

  showVisible(layer) {
    const row = this.row(layer.config.id);
    row.querySelector("[data-eye]").checked = layer.isVisible;
    row.querySelector("[data-body]").hidden = !layer.isVisible || layer.config.isEmpty;
    this.showState(layer);
  }

  showState(layer) {
    const row = this.row(layer.config.id);
    if (!row) return;
    const text = layer.isVisible || layer.state === "empty" || layer.state === "out-of-scale" ? stateText(layer) : "";
    const output = row.querySelector("[data-state]");
    output.textContent = text;
    output.hidden = !text;
    row.classList.toggle("layer-off-scale", layer.state === "out-of-scale" || layer.state === "empty");
  }
}
