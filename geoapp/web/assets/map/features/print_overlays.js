/** What lies over the registers on the map: names, the mark around what was chosen, shapes that the tools drew. */

import { fetchJson } from "../../page.js";
import { queryText } from "../register_layer.js";
import { FONT } from "./print_text.js";

const NAME_STYLES = {
  towns: { size: 14, weight: 600, color: "#55616f", spacing: 2 },
  parks: { size: 12, weight: 600, color: "#0b4f7d", spacing: 0 },
};
const PLAIN_STYLE = { size: 11, weight: 400, color: "#3b4754", spacing: 0 };
const HALO_PX = 3;
const PAD_PX = 2;

/** Names of the visible registers inside the bounds, those of the upper registers first. */
async function fetchNames(view, frame, signal) {
  const { south, west, north, east } = frame.bounds;
  const bbox = [west, south, east, north].map((value) => value.toFixed(6)).join(",");
  const zoom = Math.max(0, Math.min(22, Math.round(frame.zoom)));
  const layers = [...view.layers.values()].filter((layer) => layer.isDrawnAt(frame.zoom) && (layer.config.isLabelled || layer.id === "plots"));
  const answers = await Promise.all(
    layers.reverse().map(async (layer) => {
      const query = queryText({ bbox, zoom, ...layer.query });
      const { labels } = await fetchJson(`/layers/${layer.id}/labels.json?${query}`, { signal });
      return labels.map((label) => ({ ...label, style: NAME_STYLES[layer.id] ?? PLAIN_STYLE }));
    }),
  );
  return answers.flat().sort((a, b) => b.style.weight - a.style.weight);
}

/**
 * Write the names; where two would lie on each other the later one is left out.
 * @param {CanvasRenderingContext2D} context scaled to CSS pixels
 * @param {(lat: number, lng: number) => {x: number, y: number}} place in CSS pixels
 * @param {{width: number, height: number}} size of the frame in CSS pixels
 */
export async function paintNames(context, view, frame, { place, size, signal }) {
  const taken = [];
  for (const { text, lat, lon, style } of await fetchNames(view, frame, signal)) {
    context.font = `${style.weight} ${style.size}px ${FONT}`;
    context.letterSpacing = `${style.spacing}px`;
    const width = context.measureText(text).width;
    const point = place(lat, lon);
    const x = Math.max(width / 2 + PAD_PX, Math.min(size.width - width / 2 - PAD_PX, point.x)); // whole names only
    const y = Math.max(style.size, Math.min(size.height - style.size, point.y));
    const box = [x - width / 2 - PAD_PX, y - style.size / 2 - PAD_PX, x + width / 2 + PAD_PX, y + style.size / 2 + PAD_PX];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    paintWords(context, text, x, y, style.color);
  }
  context.letterSpacing = "0px";
}

function paintWords(context, text, x, y, color) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = HALO_PX;
  context.strokeStyle = "rgb(255 255 255 / 90%)";
  context.strokeText(text, x, y);
  context.fillStyle = color;
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
    context.font = `600 12px ${FONT}`;
    paintWords(context, text, x, y - 10, "#1d2733");
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
