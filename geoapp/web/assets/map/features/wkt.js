/** GeoJSON polygons as the text that stands in a filter. */

const DECIMALS = 7; // of a degree: a centimetre

const position = ([lon, lat]) => `${Number(lon.toFixed(DECIMALS))} ${Number(lat.toFixed(DECIMALS))}`;
const ring = (places) => `(${places.map(position).join(", ")})`;
const polygon = (rings) => `(${rings.map(ring).join(", ")})`;

/** @param {{type: "Polygon" | "MultiPolygon", coordinates: any}} geometry */
export function geometryText({ type, coordinates }) {
  return type === "Polygon" ? `POLYGON${polygon(coordinates)}` : `MULTIPOLYGON(${coordinates.map(polygon).join(", ")})`;
}
