/** The visible registers on paper, from the same tiles as on the screen, whichever engine draws there. */

import { paintTile, radiusAt } from "../engines/paint.js";
import { EXTENT } from "../engines/tile.js";
import { MM_PER_PX } from "./print_scale.js";
import { sidesOf } from "./print_sides.js";

const AT_ONCE = 6;
const BREATH_MS = 40; // of drawing, then the page may answer

const columnsAt = (zoom) => 2 ** (zoom - 1); // tiles are twice as wide as the map's own
const longitudeOf = (x, count) => (x / count) * 360 - 180;
const latitudeOf = (y, count) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / count))) * 180) / Math.PI;
const columnOf = (lng, count) => ((lng + 180) / 360) * count;
const rowOf = (lat, count) => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * count;

/** Level of the map that the sheet is drawn from. */
export const sheetZoom = (frame) => Math.max(1, Math.min(22, Math.round(frame.zoom)));

function tilesOf(frame, zoom) {
  const count = columnsAt(zoom);
  const { south, west, north, east } = frame.bounds;
  const tiles = [];
  for (let y = Math.max(0, Math.floor(rowOf(north, count))); y <= Math.min(count - 1, Math.floor(rowOf(south, count))); y += 1) {
    for (let x = Math.max(0, Math.floor(columnOf(west, count))); x <= Math.min(count - 1, Math.floor(columnOf(east, count))); x += 1) tiles.push({ x, y, zoom });
  }
  return tiles;
}

const addressOf = (layer, { x, y, zoom }) => layer.tiles.replace("{z}", zoom - 1).replace("{x}", x).replace("{y}", y);

/**
 * Do something with each of the sheet's tiles; a register that fails is left out and named.
 * @returns {Promise<string[]>} what is missing, in Chinese
 */
async function eachTile(view, frame, zoom, signal, work) {
  const layers = sidesOf(view, frame).flatMap((side) =>
    [...side.stack.layers.values()].filter((layer) => layer.isDrawnAt(zoom)).map((layer) => ({ side, layer })),
  );
  const waiting = tilesOf(frame, zoom);
  const total = waiting.length;
  const failed = new Map();
  let done = 0;
  const worker = async () => {
    for (let tile = waiting.shift(); tile; tile = waiting.shift()) {
      const found = await Promise.all(
        layers.map(async ({ side, layer }) => {
          if (!isOnSide(frame, tile, side)) return null;
          try {
            return { side, layer, tile: await view.tiles.get(addressOf(layer, tile), signal) };
          } catch (error) {
            if (error.name === "AbortError") throw error;
            failed.set(layer.config.title, error.message);
            return null;
          }
        }),
      );
      done += 1;
      await work(tile, found.filter(Boolean), done, total);
      signal.throwIfAborted();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return [...failed].map(([title, message]) => `“${title}”没有画上：${message}`);
}

/** Whether a tile has something on a side of the frame. */
function isOnSide(frame, tile, { from, to }) {
  const { box } = placeOf(frame, tile);
  return box.x * MM_PER_PX < to && (box.x + box.width) * MM_PER_PX > from;
}

/**
 * Draw the visible registers, lowest first, with filter, day, colouring, opacity and selection of the view.
 * @param {CanvasRenderingContext2D} context of a canvas as large as the frame
 * @param {import("../map_view.js").MapView} view
 * @param {import("./print_scale.js").PaperFrame} frame
 * @param {number} pixelsPerMm
 * @param {{signal: AbortSignal, onProgress: (words: string) => void}} how
 * @returns {Promise<string[]>} what is missing
 */
export async function paintRegisters(context, view, frame, pixelsPerMm, { signal, onProgress }) {
  const ratio = pixelsPerMm * MM_PER_PX;
  let turn = Promise.resolve(); // tiles are fetched side by side and drawn one after the other
  return eachTile(view, frame, sheetZoom(frame), signal, (place, found, done, total) => {
    turn = turn.then(() => {
      onProgress(`图层 ${done} / ${total}`);
      const square = { ...placeOf(frame, place), zoom: place.zoom, ratio, signal };
      return paintSides(context, view, square, found, pixelsPerMm);
    });
    return turn;
  });
}

/** Draw the square of one tile: each side of the frame its own part. */
async function paintSides(context, view, square, found, pixelsPerMm) {
  for (const side of new Set(found.map((each) => each.side))) {
    const edges = [side.from, side.to].map((mm) => Math.round(mm * pixelsPerMm));
    await paintSquare(context, view, { ...square, edges, found: found.filter((each) => each.side === side) });
  }
}

/** Draw the registers' shapes in the square of one tile, between two edges; in between the page may answer. */
async function paintSquare(context, view, { box, stretch, scale, zoom, ratio, edges, found, signal }) {
  // Whole pixels, or a seam would show.
  const [left, top] = [Math.max(edges[0], Math.round(box.x * ratio)), Math.round(box.y * ratio)];
  const [right, foot] = [Math.min(edges[1], Math.round((box.x + box.width) * ratio)), Math.round((box.y + box.height) * ratio)];
  let since = performance.now();
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.beginPath();
  context.rect(left, top, right - left, foot - top);
  context.clip();
  context.scale(ratio, ratio);
  context.translate(box.x, box.y);
  context.scale(1, stretch);
  for (const { layer, tile } of found) {
    const plan = {
      classes: layer.look.classes,
      opacity: layer.opacity,
      zoom,
      radius: radiusAt(layer.config.radius, zoom),
      selected: layer.id === "plots" ? view.selection.keys : null,
      place: { x: 0, y: 0, scale, ratio },
    };
    for (const _step of paintTile(context, tile, plan)) {
      if (performance.now() - since < BREATH_MS) continue;
      await new Promise((resume) => { setTimeout(resume); });
      signal.throwIfAborted();
      since = performance.now();
    }
  }
  context.restore();
}

/** Where a tile lies in the frame: CSS pixels, and how its units become pixels. */
function placeOf(frame, { x, y, zoom }) {
  const count = columnsAt(zoom);
  const corner = (cx, cy) => frame.toPaper(latitudeOf(cy, count), longitudeOf(cx, count));
  const from = corner(x, y);
  const to = corner(x + 1, y + 1);
  const width = (to.x - from.x) / MM_PER_PX;
  const height = (to.y - from.y) / MM_PER_PX;
  return { box: { x: from.x / MM_PER_PX, y: from.y / MM_PER_PX, width, height }, stretch: height / width, scale: width / EXTENT };
}

/**
 * Which classes of each register are seen in a frame on a level of the map: shapes that lie in it, outlines that cross it.
 * @returns {Promise<{present: Map<object, Set<number>>, hasSelected: boolean}>} numbers of classes by layer, under a curtain of
 *   both pictures; whether a selected plot is drawn in the frame
 */
export async function presentClasses(view, frame, zoom, signal) {
  const present = new Map();
  let hasSelected = false;
  await eachTile(view, frame, zoom, signal, async (place, found) => {
    const { box, scale } = placeOf(frame, place);
    const [left, top] = [-box.x / scale, -box.y / scale];
    const [right, foot] = [left + frame.width / MM_PER_PX / scale, top + frame.height / MM_PER_PX / scale];
    // Beyond its own square a tile's shapes are cut off: what runs there is no outline.
    const part = [Math.max(0, left), Math.max(0, top), Math.min(EXTENT, right), Math.min(EXTENT, foot)];
    for (const { layer, tile } of found) {
      if (!present.has(layer)) present.set(layer, new Set());
      const seen = present.get(layer);
      const { classes } = layer.look;
      if (layer.id === "plots") hasSelected ||= hasSelectedIn(tile, view.selection?.keys, part);
      for (let i = 0; i < tile.count; i += 1) {
        const c = Math.min(tile.classes[i], classes.length - 1);
        if (!seen.has(c) && touches(tile.box.subarray(4 * i, 4 * i + 4), part) && (isSeenInside(classes[c]) || crosses(tile, i, part))) seen.add(c);
      }
    }
  });
  return { present, hasSelected };
}

/** Whether any of the selected shapes of a tile has something in common with a box. */
function hasSelectedIn(tile, keys, box) {
  if (!keys?.size) return false;
  for (let i = 0; i < tile.count; i += 1) {
    if (tile.isCell(i) || !keys.has(tile.key(i)) || !touches(tile.box.subarray(4 * i, 4 * i + 4), box)) continue;
    if (crosses(tile, i, box) || holds(tile, i, box[0], box[1])) return true;
  }
  return false;
}

/** Whether one sees that one is inside an area: white on paper is nothing. */
const isSeenInside = (look) => look.fill_opacity > 0 && look.fill.toLowerCase() !== "#ffffff";

/** Whether two boxes of west, north, east, south in the tile's units have something in common. */
const touches = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

/** Whether a section of a shape's outline comes into a box. */
function crosses({ xy, parts, firstPart }, i, box) {
  for (let part = firstPart[i]; part < firstPart[i + 1]; part += 1) {
    for (let a = parts[part]; a < parts[part + 1]; a += 2) {
      const b = a + 2 < parts[part + 1] ? a + 2 : parts[part];
      const section = [Math.min(xy[a], xy[b]), Math.min(xy[a + 1], xy[b + 1]), Math.max(xy[a], xy[b]), Math.max(xy[a + 1], xy[b + 1])];
      if (touches(section, box)) return true;
    }
  }
  return false;
}

/** Whether a point lies inside a shape, its holes left out: a ray to the east meets its outline an odd number of times. */
function holds({ xy, parts, firstPart }, i, x, y) {
  let isInside = false;
  for (let part = firstPart[i]; part < firstPart[i + 1]; part += 1) {
    for (let a = parts[part]; a < parts[part + 1]; a += 2) {
      const b = a + 2 < parts[part + 1] ? a + 2 : parts[part];
      const isBetween = xy[a + 1] > y !== xy[b + 1] > y;
      if (isBetween && x < xy[a] + ((y - xy[a + 1]) / (xy[b + 1] - xy[a + 1])) * (xy[b] - xy[a])) isInside = !isInside;
    }
  }
  return isInside;
}
