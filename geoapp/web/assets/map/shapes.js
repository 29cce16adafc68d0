/** From GeoJSON features to Leaflet paths, with their look. */

/** GeoJSON positions (lon, lat), nested to any depth, as Leaflet's (lat, lon). */
function latLngs(positions) {
  return typeof positions[0] === "number" ? [positions[1], positions[0]] : positions.map(latLngs);
}

/**
 * The look of a feature under a colouring.
 * @param {object} scheme id and classes of the colouring
 * @param {object} properties the feature's
 * @param {number} opacity of the whole layer, 0 to 1
 */
export function styleOf(scheme, properties, opacity) {
  const classes = scheme.classes;
  const look = classes[properties[scheme.id] ?? ""] ?? classes[""] ?? Object.values(classes)[0];
  return {
    color: look.stroke,
    weight: look.weight,
    opacity,
    dashArray: look.dash || null,
    fill: look.fill_opacity > 0,
    fillColor: look.fill,
    fillOpacity: look.fill_opacity * opacity,
    pattern: look.pattern,
  };
}

/** A polygon or line that is hit on its edge only: what is only outlined must not cover what lies inside. */
function edgeOnly(L, Path) {
  return Path.extend({
    _containsPoint(point) {
      if (!this._pxBounds?.contains(point)) return false;
      return this._parts.some((ring) => {
        const closed = ring.length > 1 ? [...ring, ring[0]] : ring;
        return closed.some((corner, i) => i > 0 && L.LineUtil.pointToSegmentDistance(point, closed[i - 1], corner) <= 5);
      });
    },
  });
}

/**
 * A Leaflet path for one feature, or null for a shape that cannot be drawn.
 * @param {object} L Leaflet
 * @param {object} feature GeoJSON
 * @param {object} options style, renderer
 */
export function makePath(L, feature, options) {
  const { type, coordinates } = feature.geometry;
  if (!coordinates.length) return null;
  const position = latLngs(coordinates);
  if (type === "Point") return L.circleMarker(position, options);
  if (type === "LineString" || type === "MultiLineString") return L.polyline(position, options);
  if (type !== "Polygon" && type !== "MultiPolygon") return null;
  if (options.fill && !options.isOutline) return L.polygon(position, options);
  return new (edgeOnly(L, L.Polygon))(position, options);
}
