/** What lies over the registers on the map: names, the mark around what was chosen, shapes that the tools drew. */

import { fetchJson } from "../../page.js";
import { labelLook, writeLabels } from "../labels.js";
import { queryText } from "../register_layer.js";
import { sheetZoom } from "./print_registers.js";
import { sidesOf } from "./print_sides.js";
import { MM_PER_PX } from "./print_scale.js";
import { FONT } from "./print_text.js";

const EDGE_PX = 4;
const DRAWN_LABEL = { size: 12, color: "#1d2733" };

/** Names inside the frame of the registers that carry theirs on a picture; those one finds one's way by come first. */
async function fetchNames(stack, frame, signal) {
  const { south, west, north, east } = frame.bounds;
  const bbox = [west, south, east, north].map((value) => value.toFixed(6)).join(",");
  const zoom = sheetZoom(frame);
  const layers = [...stack.layers.values()].filter((layer) => layer.isLabelled && layer.isDrawnAt(zoom));
  layers.sort((a, b) => Number(b.config.isLabelled) - Number(a.config.isLabelled));
  const answers = await Promise.all(
    layers.map(async (layer) => {
      const { labels } = await fetchJson(`/layers/${layer.id}/labels.json?${queryText({ bbox, zoom, ...layer.query })}`, { signal });
      return labels.map((label) => ({ ...label, register: layer.id }));
    }),
  );
  return answers.flat();
}

/**
 * Write the names, whole ones only; where two would lie on each other the later one is left out.
 * @param {CanvasRenderingContext2D} context scaled to CSS pixels
 * @param {(lat: number, lng: number) => {x: number, y: number}} place in CSS pixels
 * @param {{width: number, height: number}} size of the frame in CSS pixels
 */
export async function paintNames(context, view, frame, { place, size, signal }) {
  const sides = sidesOf(view, frame);
  const names = await Promise.all(sides.map(({ stack }) => fetchNames(stack, frame, signal)));
  sides.forEach((side, i) => {
    context.save();
    context.beginPath();
    context.rect(side.from / MM_PER_PX, 0, (side.to - side.from) / MM_PER_PX, size.height);
    context.clip();
    paintSideNames(context, names[i], place, size);
    context.restore();
  });
}

function paintSideNames(context, names, place, size) {
  const labels = names.map((label) => {
    const look = labelLook(label.register);
    context.font = `${look.weight} ${look.size}px ${FONT}`;
    context.letterSpacing = look.spacing;
    const half = context.measureText(label.text).width / 2 + EDGE_PX;
    const point = place(label.lat, label.lon);
    const x = Math.max(half, Math.min(size.width - half, point.x));
    const y = Math.max(look.size, Math.min(size.height - look.size, point.y));
    return { ...label, x, y };
  });
  writeLabels(context, labels);
  context.letterSpacing = "0px";
}

function paintWords(context, text, x, y) {
  context.font = `600 ${DRAWN_LABEL.size}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = "rgb(255 255 255 / 90%)";
  context.strokeText(text, x, y);
  context.fillStyle = DRAWN_LABEL.color;
  context.fillText(text, x, y);
}

/** Shapes that Leaflet draws: all that is no register. */
export function drawnPaths(view) {
  const { L, map } = view;
  const paths = [];
  map.eachLayer((layer) => {
    if (layer instanceof L.Path && (layer.options.stroke !== false || layer.options.fill)) paths.push(layer);
  });
  return paths;
}

/** Short texts that tools left on the map, such as measured lengths. */
function drawnWords(view) {
  const { L, map } = view;
  const words = [];
  map.eachLayer((layer) => {
    if (!(layer instanceof L.Tooltip) || !layer.options.permanent || !layer.getLatLng()) return;
    const content = layer.getContent();
    words.push({ text: (content?.textContent ?? String(content ?? "")).trim(), at: layer.getLatLng() });
  });
  return words.filter(({ text }) => text);
}

/** Draw them; arguments as for `paintNames`, and how many pixels a metre takes. */
export function paintDrawn(context, view, { place, pixelsPerMeter }) {
  for (const path of drawnPaths(view)) paintPath(context, view.L, path, place, pixelsPerMeter);
  for (const { text, at } of drawnWords(view)) {
    const { x, y } = place(at.lat, at.lng);
    paintWords(context, text, x, y - DRAWN_LABEL.size);
  }
}

function paintPath(context, L, layer, place, pixelsPerMeter) {
  const { options } = layer;
  const path = new Path2D();
  if (layer instanceof L.CircleMarker) {
    const { x, y } = place(layer.getLatLng().lat, layer.getLatLng().lng);
    path.arc(x, y, layer instanceof L.Circle ? layer.getRadius() * pixelsPerMeter : layer.getRadius(), 0, 2 * Math.PI);
  } else {
    addRings(path, layer.getLatLngs(), layer instanceof L.Polygon, place);
  }
  context.save();
  if (options.fill ?? layer instanceof L.Polygon) {
    context.globalAlpha = options.fillOpacity ?? 0.2;
    context.fillStyle = options.fillColor ?? options.color;
    context.fill(path, "evenodd");
  }
  if (options.stroke !== false && options.weight) {
    context.globalAlpha = options.opacity ?? 1;
    context.strokeStyle = options.color;
    context.lineWidth = options.weight;
    context.lineJoin = context.lineCap = "round";
    context.setLineDash(options.dashArray ? String(options.dashArray).split(/[ ,]+/).map(Number) : []);
    context.stroke(path);
  }
  context.restore();
}

function addRings(path, latLngs, isClosed, place) {
  if (Array.isArray(latLngs[0])) {
    for (const part of latLngs) addRings(path, part, isClosed, place);
    return;
  }
  latLngs.forEach(({ lat, lng }, i) => {
    const { x, y } = place(lat, lng);
    if (i) path.lineTo(x, y);
    else path.moveTo(x, y);
  });
  if (isClosed) path.closePath();
}
