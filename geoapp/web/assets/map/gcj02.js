/**
 * Tiles in GCJ-02 ("Mars" coordinates: Amap, Tencent) put where they belong.
 * Source of the formula: the published open-source reimplementations of the state's offset; ellipsoid Krasovsky 1940.
 */

const SEMI_MAJOR_M = 6378245.0;
const ECCENTRICITY2 = 0.00669342162296594323;

const radians = (degrees) => (degrees * Math.PI) / 180;

function latitudeShift(x, y) {
  let shift = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
  shift += ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
  shift += ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3;
  return shift + ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
}

function longitudeShift(x, y) {
  let shift = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
  shift += ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3;
  shift += ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3;
  return shift + ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
}

/**
 * How far GCJ-02 lies from WGS84 (CGCS2000) at a place, in degrees.
 * @param {number} lon
 * @param {number} lat
 * @returns {{lon: number, lat: number}}
 */
export function gcj02Shift(lon, lat) {
  const x = lon - 105;
  const y = lat - 35;
  const phi = radians(lat);
  const magic = 1 - ECCENTRICITY2 * Math.sin(phi) ** 2;
  const meridian = (SEMI_MAJOR_M * (1 - ECCENTRICITY2)) / (magic * Math.sqrt(magic));
  const parallel = (SEMI_MAJOR_M / Math.sqrt(magic)) * Math.cos(phi);
  return {
    lon: (longitudeShift(x, y) * 180) / (parallel * Math.PI),
    lat: (latitudeShift(x, y) * 180) / (meridian * Math.PI),
  };
}

/**
 * A tile layer whose pictures are moved back by the shift at the map's centre. The shift changes by some metres across
 * a district, so it is taken anew whenever the map has moved.
 */
export function gcj02TileLayer(L, url, options) {
  const Layer = L.TileLayer.extend({
    _offset(zoom) {
      const centre = this._map.getCenter();
      const shift = gcj02Shift(centre.lng, centre.lat);
      const shifted = L.latLng(centre.lat + shift.lat, centre.lng + shift.lon);
      return this._map.project(shifted, zoom).subtract(this._map.project(centre, zoom)).round();
    },
    _getTiledPixelBounds(centre) {
      const bounds = L.TileLayer.prototype._getTiledPixelBounds.call(this, centre);
      const offset = this._offset(this._tileZoom);
      return L.bounds(bounds.min.add(offset), bounds.max.add(offset));
    },
    _getTilePos(coords) {
      return L.TileLayer.prototype._getTilePos.call(this, coords).subtract(this._offset(coords.z));
    },
    _onMoveEnd(event) {
      for (const tile of Object.values(this._tiles)) {
        if (tile.coords.z === this._tileZoom) L.DomUtil.setPosition(tile.el, this._getTilePos(tile.coords));
      }
      L.TileLayer.prototype._onMoveEnd.call(this, event);
    },
  });
  return new Layer(url, options);
}
