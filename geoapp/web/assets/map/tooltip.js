/** The short text beside the pointer. Values go in as text only. */

import { el, formatNumber } from "../page.js";

/** The lines shown for a feature. */
export function tooltipLines(layer, feature) {
  const { label, far } = feature.properties;
  const lines = [label || feature.id];
  if (feature.id !== label) lines.push(feature.id);
  if (layer.config.id === "plots") lines.push(`容积率 ${formatNumber(far)}`);
  else lines.push(layer.config.title);
  return lines;
}

export function attachTooltip(view) {
  const tooltip = view.L.tooltip({ className: "map-tooltip", direction: "right", offset: [14, 0], opacity: 1 });
  let shown = null;
  view.on("hover", ({ register, feature, at }) => {
    if (shown !== feature) {
      const [first, ...rest] = tooltipLines(view.layers.get(register), feature);
      tooltip.setContent(el("div", {}, el("strong", {}, first), ...rest.map((line) => el("div", {}, line))));
      shown = feature;
    }
    tooltip.setLatLng(at);
    if (!view.map.hasLayer(tooltip)) tooltip.addTo(view.map);
  });
  const hide = () => {
    shown = null;
    tooltip.remove();
  };
  view.on("leave", hide);
  view.map.on("movestart zoomstart", hide);
}
