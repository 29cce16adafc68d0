/** The area of the filter: drawn on the map or taken from the view, shown as an outline, kept as one condition. */

import { Draw, drawGeometry } from "./draw.js";
import { drawHint } from "./draw_hint.js";

const DECIMALS = 6; // of degrees: a tenth of a metre
const LOOK = { color: "#7a1fa2", weight: 2, fill: false, dashArray: "8 5" };

const rounded = (ring) => ring.map((place) => place.map((value) => Number(value.toFixed(DECIMALS))));

export class FilterArea {
  /**
   * @param {HTMLElement} root the filter panel
   * @param {import("../page.js").MapPage} page
   * @param {(ring: [number, number][] | null, predicate: string) => void} onChange
   */
  constructor(root, page, onChange) {
    this.page = page;
    this.state = root.querySelector("[data-area-state]");
    this.predicate = root.querySelector("[data-area-predicate]");
    this.onChange = onChange;
    this.area = null;
    for (const button of root.querySelectorAll("[data-area]")) this.addTool(button);
    root.querySelector("[data-area-view]").addEventListener("click", () => this.takeView());
    root.querySelector("[data-area-clear]").addEventListener("click", () => onChange(null, this.predicate.value));
    root.querySelector("[data-area-show]").addEventListener("click", () => this.reveal());
    this.predicate.addEventListener("change", () => onChange(this.area, this.predicate.value));
  }

  /** A drawing button is a tool like those of the toolbar: one at a time, Escape puts it down. */
  addTool(button) {
    const { view, toolbar } = this.page;
    let draw = null;
    toolbar.add(`filter-${button.dataset.area}`, button, {
      ownsClicks: true,
      start: () => {
        draw = new Draw(view, drawHint(), button.dataset.area, ({ geometry }) => {
          toolbar.putDown();
          this.onChange(rounded(geometry.coordinates[0]), this.predicate.value);
        });
        draw.start();
      },
      stop: () => draw.stop(),
    });
  }

  takeView() {
    const bounds = this.page.view.map.getBounds();
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    this.onChange(rounded([[west, south], [east, south], [east, north], [west, north], [west, south]]), this.predicate.value);
  }

  reveal() {
    const { view } = this.page;
    view.map.fitBounds(view.L.latLngBounds(this.area.map(([lon, lat]) => [lat, lon])), { padding: [24, 24], animate: false });
  }

  /** Show the outline of a condition's area, or none. */
  show(condition) {
    this.area = condition?.area ?? null;
    this.outline?.remove();
    this.outline = this.area && drawGeometry(this.page.view, { type: "Polygon", coordinates: [this.area] }, LOOK);
    this.state.hidden = !this.area;
    if (condition?.predicate) this.predicate.value = condition.predicate;
  }
}
