/** From a GeoJSON feature to a Leaflet path: the mark around what was chosen. */

/** GeoJSON positions (lon, lat), nested to any depth, as Leaflet's (lat, lon). */
function latLngs(positions) {
  return typeof positions[0] === "number" ? [positions[1], positions[0]] : positions.map(latLngs);
}

/**
 * A Leaflet path for one feature, or null for a shape that cannot be drawn.
 * @param {object} L Leaflet
 * @param {object} feature GeoJSON
 * @param {object} options style, renderer
 */
export function makePath(L, feature, options) {
  const { type, coordinates } = feature.geometry ?? {};
  if (!coordinates?.length) return null;
  const position = latLngs(coordinates);
  if (type === "Point") return L.circleMarker(position, options);
  if (type === "LineString" || type === "MultiLineString") return L.polyline(position, options);
  if (type === "Polygon" || type === "MultiPolygon") return L.polygon(position, options);
  return null;
}
