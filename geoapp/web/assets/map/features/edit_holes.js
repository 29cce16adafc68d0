/** Holes of the polygon under way: drawn into it, listed in the panel, taken out. */

import { areaWords } from "../../area_unit.js";
import { el } from "../../page.js";
import { drawGeometry } from "./draw.js";
import { ringArea } from "./geodesic.js";

const MARK = { color: "#0b57d0", weight: 3, fillColor: "#0b57d0", fillOpacity: 0.25 };

export class EditHoles {
  /** @param {import("./edit.js").EditTool} tool */
  constructor(tool) {
    this.tool = tool;
    this.list = tool.part("holes");
    this.button = tool.part("hole");
    this.button.addEventListener("click", () => (this.isDrawing ? this.giveUp() : this.draw()));
  }

  get isDrawing() {
    return this.button.getAttribute("aria-pressed") === "true";
  }

  draw() {
    const { tool, button } = this;
    button.setAttribute("aria-pressed", "true");
    tool.drawOnce("polygon", ({ places }) => {
      this.giveUp();
      tool.attempt(() => tool.editor.addHole(places));
    });
  }

  /** The shape goes on being edited: clicks on the map choose no record. */
  giveUp() {
    if (!this.isDrawing) return;
    this.button.setAttribute("aria-pressed", "false");
    this.tool.setDraw(null);
    if (this.tool.work) this.tool.view.tool = this.tool.name;
  }

  /** List the holes there are; nothing where the shape can have none. */
  show(isPossible) {
    this.button.hidden = !isPossible;
    this.unmark();
    const holes = isPossible ? this.tool.editor.holes : [];
    this.list.replaceChildren(...holes.map((ring, i) => this.line(ring, i)));
    this.list.hidden = !holes.length;
  }

  line(ring, i) {
    const out = () => this.tool.editor.removeHole(ring);
    return el("li", {
      onmouseenter: () => this.mark(ring), onmouseleave: () => this.unmark(),
      onfocusin: () => this.mark(ring), onfocusout: () => this.unmark(),
    }, `洞 ${i + 1}：${areaWords(ringArea(ring))} `, el("button", { type: "button", class: "button", "data-fill": true, "aria-label": `去掉洞 ${i + 1}`, onclick: out }, "去掉"));
  }

  mark(ring) {
    this.unmark();
    this.marked = drawGeometry(this.tool.view, { type: "Polygon", coordinates: [[...ring, ring[0]]] }, MARK);
  }

  unmark() {
    this.marked?.remove();
    this.marked = null;
  }
}
