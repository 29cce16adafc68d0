/** A picture under the map as a Leaflet layer. */

import { gcj02TileLayer } from "./gcj02.js";

/**
 * @param {object} L Leaflet
 * @param {{address: string, isGcj02: boolean, attribution: string, minZoom: number, maxZoom: number}} config
 * @param {object} [options] of the layer, such as its pane
 */
export function basemapLayer(L, config, options = {}) {
  const words = Object.assign(document.createElement("span"), { textContent: config.attribution });
  const all = {
    minNativeZoom: config.minZoom,
    maxNativeZoom: config.maxZoom,
    minZoom: 0,
    maxZoom: 22,
    attribution: words.innerHTML, // Leaflet takes markup here
    plainAttribution: config.attribution,
    isGcj02: config.isGcj02,
    ...options,
  };
  return config.isGcj02 ? gcj02TileLayer(L, config.address, all) : L.tileLayer(config.address, all);
}
