/** The legend's rows: the classes of the visible registers that occur on the sheet, and what was drawn over them. */

import { listedClasses } from "../legend.js";
import { isSameLook } from "../register_layer.js";

const SELECTED_LOOK = { stroke: "#d6006e", fill: "#d6006e", fill_opacity: 0.28, weight: 2 };
const DRAWN_LOOK = { stroke: "#d6006e", fill: "#d6006e", fill_opacity: 0.08, weight: 2 };

/** The visible registers in the order of the layer panel. */
export function shownLayers(view, zoom) {
  const order = [...document.querySelectorAll("[data-register]")].map((row) => row.dataset.register);
  const layers = [...view.layers.values()].filter((layer) => layer.isDrawnAt(zoom));
  return layers.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}

/** What the present colouring of the plots is called. */
export function schemeWords(layer) {
  return layer.look.zh ?? "";
}

/**
 * @param {import("../map_view.js").MapView} view
 * @param {number} zoom of the sheet
 * @param {Map<object, Set<number>> | null} present numbers of the classes that occur, by layer; null where not known
 * @param {{isSelected: boolean, isDrawn: boolean}} extra what else is to be explained
 * @returns {{isHeading: boolean, text: string, look?: object, geometry?: string}[]}
 */
export function legendRows(view, zoom, present, { isSelected, isDrawn }) {
  const groups = shownLayers(view, zoom).flatMap((layer) => pictureRows(view.curtain, layer, present));
  const singles = groups.filter((group) => group.length === 1).flat();
  if (isSelected) singles.push({ isHeading: false, text: "选中的地块", look: SELECTED_LOOK, geometry: "polygon" });
  if (isDrawn) singles.push({ isHeading: false, text: "标绘的图形", look: DRAWN_LOOK, geometry: "polygon" });
  const rows = groups.filter((group) => group.length > 1).flat();
  const heading = rows.length && singles.length ? [{ isHeading: true, text: "其他" }] : []; // else they would look like classes
  return [...rows, ...heading, ...singles];
}

/** The rows of a register: once, or under a curtain whose sides colour it differently one after the other. */
function pictureRows(curtain, layer, present) {
  const other = curtain?.stack.layers.get(layer.id);
  const seen = (...layers) => present && new Set(layers.flatMap((each) => [...(present.get(each) ?? [])]));
  if (!other) return [layerRows(layer, seen(layer))];
  if (isSameLook(layer.look, other.look)) return [layerRows(layer, seen(layer, other))];
  return [layerRows(layer, seen(layer), "左侧"), layerRows(other, seen(other), "右侧")];
}

function layerRows(layer, present, side = "") {
  const { title, geometry } = layer.config;
  const { classes } = layer.look;
  const listed = present ? classes.filter((_look, i) => present.has(i)) : listedClasses(layer.look);
  const items = listed.map((look) => ({ isHeading: false, text: look.zh, look: { ...look, opacity: layer.opacity }, geometry }));
  if (!items.length) return [];
  if (classes.length === 1) return [{ ...items[0], text: title }];
  const words = schemeWords(layer);
  const heading = words && words !== title ? `${title}（${words}）` : title;
  return [{ isHeading: true, text: side ? `${side}：${heading}` : heading }, ...items];
}
