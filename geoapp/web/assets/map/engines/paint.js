/** Draw a register's part of a tile on a 2D context: class by class, in steps that can be spread over several frames. */

import { patternFor, patternOpacity } from "../hatch.js";
import { LINE, POINT, POLYGON } from "./tile.js";

const CORNERS_A_STEP = 2_500;
const SMALLEST_PX = 0.7; // what is smaller is drawn as a square of this size
const THIN_ZOOM = 14; // on the levels below, borders as wide as their plots would hide the classes
const FULL_POINT_ZOOM = 15; // points shrink on the levels below
export const SELECTED = { color: "#d6006e", weight: 2, fillOpacity: 0.28 };

/** Width of a class's border on a level of the map. */
export const weightAt = (weight, zoom) => (zoom < THIN_ZOOM && weight <= 1 ? weight / 2 : weight);

/** Radius of a register's points on a level of the map. */
export const radiusAt = (radius, zoom) => radius * Math.min(1, Math.max(0.5, 1 - (FULL_POINT_ZOOM - zoom) / 6));

/**
 * @typedef {object} Plan how a tile is drawn
 * @property {object[]} classes looks in the order of the tile's class numbers
 * @property {number} opacity of the whole register
 * @property {number} zoom of the map
 * @property {number} radius of points
 * @property {Set<string>} [selected] keys of the shapes to mark
 * @property {{x: number, y: number, scale: number, ratio: number}} place where its corner lies on the context, pixels
 *   to a unit of the tile, device pixels to a pixel
 */

/**
 * Draw a tile; yields after each step.
 * @param {CanvasRenderingContext2D} context
 * @param {import("./tile.js").Tile} tile
 * @param {Plan} plan
 */
export function* paintTile(context, tile, plan) {
  const strokes = [];
  for (const { look, isCells, from, to } of runs(tile, plan.classes)) {
    for (const step of paths(tile, from, to, plan)) {
      if (look.fill_opacity > 0 && step.isArea) fill(context, step.path, look, plan);
      if (look.weight > 0 && !isCells) strokes.push([step.path, look]); // a cell's edge is the edge of nothing
      yield;
    }
  }
  // All borders over all areas: a neighbour of another class must not cover half of a border.
  for (const [path, look] of strokes) {
    stroke(context, path, look, plan);
    yield;
  }
  if (plan.selected?.size) yield* paintSelected(context, tile, plan);
  context.globalAlpha = 1;
  context.setLineDash([]);
}

/** Stretches of the tile's order that are of one class, cells apart from records. */
function* runs(tile, classes) {
  const { order, count } = tile;
  for (let from = 0; from < count; ) {
    const c = tile.classes[order[from]];
    const isCells = tile.isCell(order[from]);
    let to = from + 1;
    while (to < count && tile.classes[order[to]] === c && tile.isCell(order[to]) === isCells) to += 1;
    yield { look: classes[Math.min(c, classes.length - 1)], isCells, from, to };
    from = to;
  }
}

/** Paths of some thousand corners each. */
function* paths(tile, from, to, plan) {
  let path = new Path2D();
  let corners = 0;
  let isArea = true;
  for (let n = from; n < to; n += 1) {
    const i = tile.order[n];
    isArea = tile.types[i] !== LINE;
    corners += addShape(path, tile, i, plan);
    if (corners < CORNERS_A_STEP && n < to - 1) continue;
    yield { path, isArea };
    path = new Path2D();
    corners = 0;
  }
}

/** Add one shape to a path. Returns how many corners it has. */
function addShape(path, tile, i, { place, radius }) {
  const { xy, parts, box } = tile;
  const { x: left, y: top, scale } = place;
  const type = tile.types[i];
  const start = parts[tile.firstPart[i]];
  const end = parts[tile.firstPart[i + 1]];
  if (type === POINT) {
    for (let a = start; a < end; a += 2) {
      const x = left + xy[a] * scale;
      const y = top + xy[a + 1] * scale;
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, 2 * Math.PI);
    }
    return 8 * (end - start);
  }
  const width = (box[4 * i + 2] - box[4 * i]) * scale;
  const height = (box[4 * i + 3] - box[4 * i + 1]) * scale;
  if (type === POLYGON && width < SMALLEST_PX && height < SMALLEST_PX) {
    path.rect(left + box[4 * i] * scale, top + box[4 * i + 1] * scale, SMALLEST_PX, SMALLEST_PX);
    return 4;
  }
  for (let part = tile.firstPart[i]; part < tile.firstPart[i + 1]; part += 1) {
    const first = parts[part];
    const last = parts[part + 1];
    path.moveTo(left + xy[first] * scale, top + xy[first + 1] * scale);
    for (let a = first + 2; a < last; a += 2) path.lineTo(left + xy[a] * scale, top + xy[a + 1] * scale);
    if (type === POLYGON) path.closePath();
  }
  return (end - start) / 2;
}

function fill(context, path, look, { opacity, place }) {
  const { ratio } = place;
  context.globalAlpha = look.fill_opacity * opacity;
  context.fillStyle = look.fill;
  context.fill(path);
  if (!look.pattern) return;
  context.globalAlpha = opacity * patternOpacity(look);
  context.fillStyle = patternFor(context, look.pattern, look.ink, ratio);
  context.fill(path);
}

function stroke(context, path, look, { opacity, zoom }) {
  context.globalAlpha = opacity;
  context.strokeStyle = look.stroke;
  context.lineWidth = weightAt(look.weight, zoom);
  context.lineJoin = "round";
  context.setLineDash(look.dash ? look.dash.split(/[ ,]+/).map(Number) : []);
  context.stroke(path);
}

function* paintSelected(context, tile, plan) {
  const path = new Path2D();
  for (let i = 0; i < tile.count; i += 1) {
    if (!tile.isCell(i) && plan.selected.has(tile.key(i))) addShape(path, tile, i, plan);
  }
  yield;
  context.setLineDash([]);
  context.globalAlpha = SELECTED.fillOpacity;
  context.fillStyle = SELECTED.color;
  context.fill(path);
  context.globalAlpha = 1;
  context.strokeStyle = SELECTED.color;
  context.lineWidth = weightAt(SELECTED.weight, plan.zoom);
  context.stroke(path);
  yield;
}
