/** From a register's looks to style layers of MapLibre GL. */

import { patternOpacity, patternPicture, SIZE } from "../hatch.js";
import { SELECTED } from "./paint.js";

export const iconSize = SIZE;
const THIN_GL_ZOOM = 13; // levels of GL are one below the map's
const OPACITIES = {
  fill: ["fill-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["icon-opacity"],
};

/** Names of the properties that hold a style layer's opacity. */
export const opacityOf = (type) => OPACITIES[type];

/** "#rrggbb" with an opacity of its own. */
function withOpacity(color, opacity) {
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  return `rgba(${red},${green},${blue},${opacity})`;
}

/** A value for each class. */
function byClass(classes, valueOf) {
  const values = classes.map(valueOf);
  if (values.every((value) => value === values[0])) return values[0];
  return ["match", ["get", "c"], ...values.flatMap((value, c) => [c, value]), values[values.length - 1]];
}

const ofClasses = (numbers) => ["in", ["get", "c"], ["literal", numbers]];
const isSelected = ["boolean", ["feature-state", "selected"], false];

/** Widths of borders: halved where one sees the whole district, as on canvas. */
const widthOf = (weight) => (weight <= 1 ? ["step", ["zoom"], weight / 2, THIN_GL_ZOOM, weight] : weight);

/** Classes of one width and dash together: both are constants of a style layer. */
function strokeGroups(classes) {
  const groups = new Map();
  classes.forEach((look, c) => {
    if (!(look.weight > 0)) return;
    const name = `${look.weight} ${look.dash}`;
    if (!groups.has(name)) groups.set(name, { weight: look.weight, dash: look.dash, numbers: [] });
    groups.get(name).numbers.push(c);
  });
  return [...groups.values()];
}

/** Pictures that a register's looks need. */
export function pictureNames(layer) {
  const isPoint = layer.config.geometry === "point";
  return layer.look.classes.filter((look) => look.pattern && look.fill_opacity > 0).map(({ pattern, ink }) => ({
    name: pictureName(pattern, ink, isPoint && layer.config.radius), pattern, color: ink, isPoint,
  }));
}

const pictureName = (pattern, color, radius) => `${pattern} ${color} ${radius || ""}`;

/** A pattern cut to a circle. */
export function pointPicture(pattern, color, radius, ratio) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = Math.ceil(2 * radius * ratio);
  const context = picture.getContext("2d");
  context.beginPath();
  context.arc(radius * ratio, radius * ratio, radius * ratio, 0, 2 * Math.PI);
  context.fillStyle = context.createPattern(patternPicture(pattern, color, ratio), "repeat");
  context.fill();
  return picture;
}

/**
 * Style layers of a register, lowest first. `metadata.opacity(o)` is a layer's opacity where the register's is o.
 * @param {{register: string, source: string, isUnseen: boolean, opacity: number}} set
 * @param {import("../register_layer.js").RegisterLayer} layer
 */
export function layersOf(set, layer) {
  const { geometry } = layer.config;
  const made = geometry === "point" ? pointLayers(layer) : geometry === "line" ? strokeLayers(layer) : areaLayers(layer);
  if (set.register === "plots") made.push(...selectedLayers());
  return made.map(({ opacity = (o) => o, isHit = true, ...style }, i) => {
    const now = set.isUnseen ? 0 : opacity(set.opacity);
    const paint = { ...style.paint, ...Object.fromEntries(opacityOf(style.type).map((name) => [name, now])) };
    return { ...style, paint, id: `${set.source}-${i}`, source: set.source, "source-layer": set.register, metadata: { opacity, isHit } };
  });
}

function areaLayers({ look: { classes } }) {
  const fills = {
    type: "fill",
    paint: { "fill-color": byClass(classes, (look) => withOpacity(look.fill, look.fill_opacity)), "fill-antialias": false },
  };
  const hatches = classes.flatMap((look, c) =>
    look.pattern && look.fill_opacity > 0
      ? [{ type: "fill", filter: ofClasses([c]), isHit: false, paint: { "fill-pattern": pictureName(look.pattern, look.ink) },
          opacity: (o) => o * patternOpacity(look) }]
      : [],
  );
  return [fills, ...hatches, ...strokeLayers({ look: { classes } })];
}

function strokeLayers({ look: { classes } }) {
  return strokeGroups(classes).map(({ weight, dash, numbers }) => ({
    type: "line",
    filter: ["all", ["has", "key"], ofClasses(numbers)], // a cell's edge is the edge of nothing
    layout: { "line-join": "round" },
    paint: {
      "line-color": byClass(classes, (look) => look.stroke),
      "line-width": widthOf(weight),
      ...(dash ? { "line-dasharray": dash.split(/[ ,]+/).map((length) => Number(length) / weight) } : {}),
    },
  }));
}

function pointLayers({ look: { classes }, config: { radius } }) {
  const growing = (full) => ["interpolate", ["linear"], ["zoom"], 11, full / 2, 14, full]; // as radiusAt of paint.js
  const circles = {
    type: "circle",
    paint: {
      "circle-radius": growing(radius),
      "circle-color": byClass(classes, (look) => withOpacity(look.fill, look.fill_opacity)),
      "circle-stroke-color": byClass(classes, (look) => look.stroke),
      "circle-stroke-width": byClass(classes, (look) => look.weight),
    },
  };
  const hatches = classes.flatMap((look, c) =>
    look.pattern && look.fill_opacity > 0
      ? [{ type: "symbol", filter: ofClasses([c]), isHit: false, opacity: (o) => o * patternOpacity(look),
          layout: { "icon-image": pictureName(look.pattern, look.ink, radius), "icon-size": growing(1), "icon-allow-overlap": true, "icon-ignore-placement": true } }]
      : [],
  );
  return [circles, ...hatches];
}

function selectedLayers() {
  return [
    { type: "fill", isHit: false, opacity: () => 1,
      paint: { "fill-color": ["case", isSelected, withOpacity(SELECTED.color, SELECTED.fillOpacity), "rgba(0,0,0,0)"], "fill-antialias": false } },
    { type: "line", isHit: false, opacity: () => 1,
      paint: { "line-color": ["case", isSelected, SELECTED.color, "rgba(0,0,0,0)"], "line-width": SELECTED.weight } },
  ];
}
