/** The classes of a colouring as a list: a small picture of each look, its words, counts and areas. */

import { areaWords } from "../area_unit.js";
import { el, formatNumber } from "../page.js";

const SVG = "http://www.w3.org/2000/svg";
const LONG = 8; // longer legends leave out the classes that do not occur
const HATCHES = {
  diagonal: "M1 7 L7 1 M1 13 L13 1 M7 13 L19 1 M13 13 L25 1 M19 13 L25 7",
  cross: "M1 7 L7 1 M1 13 L13 1 M7 13 L19 1 M13 13 L25 1 M19 13 L25 7 M1 7 L7 13 M1 1 L13 13 M7 1 L19 13 M13 1 L25 13 M19 1 L25 7",
  horizontal: "M1 5 H25 M1 9 H25",
  vertical: "M5 1 V13 M9 1 V13 M13 1 V13 M17 1 V13 M21 1 V13",
  dots:
    "M4 4 h1 M8 4 h1 M12 4 h1 M16 4 h1 M20 4 h1 M6 7 h1 M10 7 h1 M14 7 h1 M18 7 h1 M22 7 h1 M4 10 h1 M8 10 h1 M12 10 h1 M16 10 h1 M20 10 h1",
};
/** The same within a circle. */
const POINT_HATCHES = {
  diagonal: "M9.5 10.5 L16.5 3.5",
  cross: "M9.5 3.5 L16.5 10.5 M9.5 10.5 L16.5 3.5",
  horizontal: "M9 5 H17 M9 9 H17",
  vertical: "M11 3 V11 M15 3 V11",
  dots: "M11 4.5 h1 M14 4.5 h1 M10 7 h1 M12.5 7 h1 M15 7 h1 M11 9.5 h1 M14 9.5 h1",
};

function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "" && value !== null) node.setAttribute(name, value);
  return node;
}

/**
 * One class's look.
 * @param {object} look fill, fill_opacity, stroke, weight, dash, pattern, ink
 * @param {string} geometry of the register: polygon, line or point
 */
export function swatch(look, geometry) {
  const picture = svg("svg", { class: "swatch", width: 26, height: 14, viewBox: "0 0 26 14", "aria-hidden": "true", focusable: "false" });
  const hatch = (hatches) => {
    if (!(look.pattern in hatches)) return;
    const strength = look.pattern === "dots" ? { "stroke-opacity": 0.6, "stroke-width": 1.4 } : { "stroke-opacity": 0.5 };
    picture.append(svg("path", { d: hatches[look.pattern], stroke: look.ink, fill: "none", ...strength }));
  };
  if (geometry === "point") {
    const { fill, stroke } = look;
    picture.append(svg("circle", { cx: 13, cy: 7, r: 5, fill, "fill-opacity": look.fill_opacity, stroke, "stroke-width": look.weight }));
    hatch(POINT_HATCHES);
  } else if (look.fill_opacity === 0 || geometry === "line") {
    picture.append(svg("line", { x1: 0, y1: 7, x2: 26, y2: 7, stroke: look.stroke, "stroke-width": look.weight, "stroke-dasharray": look.dash }));
  } else {
    const frame = { x: 1, y: 1, width: 24, height: 12 };
    picture.append(svg("rect", { ...frame, fill: look.fill, "fill-opacity": look.fill_opacity }));
    hatch(HATCHES);
    const border = { stroke: look.stroke, "stroke-width": Math.min(look.weight, 2), "stroke-dasharray": look.dash };
    picture.append(svg("rect", { ...frame, fill: "none", ...border }));
  }
  return picture;
}

/** Classes worth a line: of long legends those that occur, and the unknown class where something is unknown. */
export function listedClasses({ classes }) {
  return classes.filter(({ count, value }) => count > 0 || (value !== "" && classes.length <= LONG) || classes.length === 1);
}

/** A legend, and under limits that are laid down where they come from. */
export function legendParts(scheme, geometry) {
  const source = scheme.id.split(":")[1] === "policy" && scheme.source;
  return [makeLegend(scheme, geometry), ...(source ? [el("p", { class: "hint legend-source" }, `分级依据：${source}`)] : [])];
}

/**
 * The legend of a colouring.
 * @param {{id: string, zh: string, classes: object[]}} scheme
 * @param {string} geometry of the register
 */
export function makeLegend(scheme, geometry) {
  const lines = listedClasses(scheme).map((look) => {
    const numbers = [];
    if (look.area_m2 !== null && look.area_m2 !== undefined) {
      numbers.push(el("span", { class: "legend-number" }, `${formatNumber(look.count, 0)} 宗`));
      numbers.push(el("span", { class: "legend-number legend-area" }, areaWords(look.area_m2)));
    } else if (scheme.id) {
      numbers.push(el("span", { class: "legend-number" }, formatNumber(look.count, 0)));
    }
    return el("li", {}, swatch(look, geometry), el("span", { class: "legend-words" }, look.zh), ...numbers);
  });
  return el("ul", { class: "legend", "data-legend": scheme.id, "aria-label": `图例：${scheme.zh}` }, ...lines);
}
