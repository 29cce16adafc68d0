/** The basemap's pictures in a frame on paper. */

import { gcj02Shift } from "../gcj02.js";

const MOST_TILES = 600;
const AT_ONCE = 8;

/** Column or row of a tile pyramid, with a fraction. */
const column = (lng, count) => ((lng + 180) / 360) * count;
const row = (lat, count) => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * count;
const longitudeOf = (x, count) => (x / count) * 360 - 180;
const latitudeOf = (y, count) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / count))) * 180) / Math.PI;

/** Tiles of a level that touch the bounds. */
function tilesIn({ south, west, north, east }, zoom) {
  const count = 2 ** zoom;
  const tiles = [];
  for (let x = Math.floor(column(west, count)); x <= Math.floor(column(east, count)); x += 1) {
    for (let y = Math.floor(row(north, count)); y <= Math.floor(row(south, count)); y += 1) {
      if (y >= 0 && y < count) tiles.push({ x: ((x % count) + count) % count, y, left: x, zoom });
    }
  }
  return tiles;
}

function addressOf(layer, { x, y, zoom }) {
  const row_ = layer.options.tms ? 2 ** zoom - 1 - y : y;
  const { subdomains } = layer.options;
  return window.L.Util.template(layer._url, { ...layer.options, x, y: row_, z: zoom, s: subdomains[(x + y) % subdomains.length], r: "" });
}

/** A picture that a canvas may hold; null where the server gives none or does not let us have it. */
async function loadPicture(address, signal) {
  const picture = new Image();
  picture.crossOrigin = "anonymous";
  picture.src = address;
  const stop = () => { picture.src = ""; };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await picture.decode();
    return picture;
  } catch {
    return null;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Draw a tile layer into a frame.
 * @param {CanvasRenderingContext2D} context
 * @param {number} pixelsPerMm
 * @param {import("./print_scale.js").PaperFrame} frame
 * @param {object} layer Leaflet tile layer
 * @param {{signal?: AbortSignal, onProgress?: (done: number, total: number) => void}} options
 * @returns {Promise<{drawn: number, missing: number}>}
 */
export async function paintBasemap(context, pixelsPerMm, frame, layer, { signal, onProgress }) {
  const { minNativeZoom = 0, maxNativeZoom = 22, isGcj02 = false } = layer.options;
  const shift = isGcj02 ? gcj02Shift(frame.center.lng, frame.center.lat) : { lon: 0, lat: 0 };
  const { south, west, north, east } = frame.bounds;
  const shifted = { south: south + shift.lat, west: west + shift.lon, north: north + shift.lat, east: east + shift.lon };
  let zoom = Math.min(maxNativeZoom, Math.max(minNativeZoom, Math.round(frame.zoom + Math.log2((pixelsPerMm * 25.4) / 96) * 0.6)));
  while (zoom > minNativeZoom && tilesIn(shifted, zoom).length > MOST_TILES) zoom -= 1;
  const tiles = tilesIn(shifted, zoom);
  const result = { drawn: 0, missing: 0 };
  let done = 0;
  const waiting = [...tiles];
  const work = async () => {
    for (let tile = waiting.shift(); tile && !signal?.aborted; tile = waiting.shift()) {
      const picture = await loadPicture(addressOf(layer, tile), signal);
      if (picture) place(context, pixelsPerMm, frame, picture, tile, shift);
      result[picture ? "drawn" : "missing"] += 1;
      done += 1;
      onProgress?.(done, tiles.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  signal?.throwIfAborted();
  return result;
}

function place(context, pixelsPerMm, frame, picture, { left, y, zoom }, shift) {
  const count = 2 ** zoom;
  const corner = (cx, cy) => {
    const { x: px, y: py } = frame.toPaper(latitudeOf(cy, count) - shift.lat, longitudeOf(cx, count) - shift.lon);
    return { x: Math.round(px * pixelsPerMm), y: Math.round(py * pixelsPerMm) }; // whole pixels: no seams
  };
  const from = corner(left, y);
  const to = corner(left + 1, y + 1);
  context.drawImage(picture, from.x, from.y, to.x - from.x, to.y - from.y);
}

