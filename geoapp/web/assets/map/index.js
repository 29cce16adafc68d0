/** What the scripts that the server's map makes may call: one map, its basemap, its registers, and the page around it. */

import { MapPage } from "./page.js";
import { MapView } from "./map_view.js";

/** Make the map in the element *id*. */
export const createMap = (id, config) => new MapView(id, config);

/** Put a picture under the map. */
export const addBasemap = (view, config) => view.addBasemap(config);

/** Add a register above those already there. */
export const addRegister = (view, config) => view.addRegister(config);

/** Start the map page: everything around the map. */
export function startPage(view) {
  const page = new MapPage(view);
  page.start();
  window.geoapp = { view, page };
}
