/** Drawn shapes as short texts that an address can carry, and back. */

const DECIMALS = 6; // of a degree: a decimetre
export const MOST_CORNERS = 300; // that an address still takes
const RING = ";";
const PART = "|";

/** @param {[number, number][]} places lon, lat */
export function placesText(places) {
  return places.map(([lon, lat]) => `${Number(lon.toFixed(DECIMALS))} ${Number(lat.toFixed(DECIMALS))}`).join(",");
}

/**
 * @param {string} text
 * @param {number} fewest corners
 * @returns {[number, number][] | null} null where it is no such text
 */
export function placesOf(text, fewest) {
  const places = text.split(",").map((pair) => pair.split(" ").map(Number));
  const isPlace = (place) => place.length === 2 && place.every(Number.isFinite) && Math.abs(place[0]) <= 180 && Math.abs(place[1]) <= 90;
  return places.length >= fewest && places.length <= MOST_CORNERS && places.every(isPlace) ? places : null;
}

/** A polygon or several: parts, their rings, the rings' corners; null where there are too many for an address. */
export function areaText({ type, coordinates }) {
  const parts = type === "Polygon" ? [coordinates] : coordinates;
  if (parts.flat(2).length > MOST_CORNERS) return null;
  return parts.map((rings) => rings.map((ring) => placesText(ring.slice(0, -1))).join(RING)).join(PART);
}

/** @returns {{type: "Polygon" | "MultiPolygon", coordinates: any} | null} null where it is no such text */
export function areaOf(text) {
  const parts = text.split(PART).map((part) => part.split(RING).map((ring) => placesOf(ring, 3)));
  if (parts.flat().includes(null)) return null;
  const closed = parts.map((rings) => rings.map((ring) => [...ring, ring[0]]));
  return closed.length === 1 ? { type: "Polygon", coordinates: closed[0] } : { type: "MultiPolygon", coordinates: closed };
}
