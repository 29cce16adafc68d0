/** What the scripts that the server's map makes may call: one map, its basemap, its registers, and the page around it. */

import * as area from "./features/area.js";
import * as bookmarks from "./features/bookmarks.js";
import * as edit from "./features/edit.js";
import * as filter from "./features/filter.js";
import * as goTo from "./features/goto.js";
import * as measure from "./features/measure.js";
import * as nearby from "./features/nearby.js";
import * as plotList from "./features/plot_list.js";
import * as print from "./features/print.js";
import * as selection from "./features/selection.js";
import * as swipe from "./features/swipe.js";
import * as table from "./features/table.js";
import * as layerOptions from "./layer_options.js";
import { MapPage } from "./page.js";
import { MapView } from "./map_view.js";

/** What the page can do besides showing the map; each keeps to its own panel and query parameter. */
const FEATURES = [layerOptions, filter, selection, table, plotList, area, measure, nearby, edit, goTo, bookmarks, swipe, print];

/** Make the map in the element *id*. */
export const createMap = (id, config) => new MapView(id, config);

/** Put a picture under the map. */
export const addBasemap = (view, config) => view.addBasemap(config);

/** Add a register above those already there. */
export const addRegister = (view, config) => view.addRegister(config);

/** Start the map page: everything around the map. */
export function startPage(view) {
  const page = new MapPage(view);
  for (const feature of FEATURES) feature.attach(page);
  page.start();
  window.geoapp = { view, page };
}
