/** Statistics of an area that was drawn or came as a file. */

import { onAreaUnit, withUnit } from "../../area_unit.js";
import { el, fetchJson, formatNumber } from "../../page.js";
import { drawGeometry } from "./draw.js";
import { PanelTool } from "./panel_tool.js";
import { ask } from "./selection_request.js";
import { areaOf, areaText } from "./shape_text.js";
import { geometryText } from "./wkt.js";

/** Where the figures are asked for, land in the reader's unit. */
const address = () => `/statistics/area.json?${withUnit(new URLSearchParams())}`;
const LOOK = { color: "#0b6e4f", weight: 2, fillColor: "#0b6e4f", fillOpacity: 0.06, dashArray: "8 4" };
const MOST_FILTER_CORNERS = 400;

class AreaTool extends PanelTool {
  constructor(page) {
    super(page, "area");
    this.geometry = null;
    for (const button of this.parts("draw")) button.addEventListener("click", () => this.startDrawing(button));
    this.part("file").addEventListener("change", () => this.upload());
    this.part("as-filter").addEventListener("click", () => this.useAsFilter());
    this.part("select-inside").addEventListener("click", () => this.attempt(() => page.selectionTools.selectShape({ geometry: this.geometry })));
    this.part("clear").addEventListener("click", () => this.clear());
    page.permalink.addPart("area", { read: () => this.geometry && areaText(this.geometry), apply: (text) => this.restore(text) });
    this.view.on("query", () => { if (this.geometry) this.ask(); });
    onAreaUnit(() => { if (this.geometry) this.ask(); });
  }

  start() {
    if (!this.geometry) this.startDrawing(this.parts("draw")[0]);
  }

  stop() {
    this.press(this.parts("draw"), null);
  }

  startDrawing(button) {
    this.press(this.parts("draw"), button);
    this.drawOnce(button.dataset.draw, ({ geometry }) => {
      this.press(this.parts("draw"), null);
      this.part("file").value = "";
      this.part("file-name").textContent = "尚未选择";
      this.setGeometry(geometry);
      this.ask();
    });
  }

  setGeometry(geometry) {
    this.layer?.remove();
    this.geometry = geometry;
    this.notes = []; // what was found in the file that it came from
    this.layer = geometry && drawGeometry(this.view, geometry, LOOK);
    this.page.permalink.writeSoon();
  }

  /** What an address says: an area with its figures, or none. */
  restore(text) {
    if (!text || (this.geometry && areaText(this.geometry) === text)) {
      if (!text && this.geometry) this.forget();
      return;
    }
    const geometry = areaOf(text);
    if (!geometry) {
      this.page.toasts.show("area", "地址里的范围读不出来，没有画出。");
      return;
    }
    this.setGeometry(geometry);
    this.page.toolbar.takeUp("area");
    this.ask();
  }

  async ask() {
    const { geometry } = this;
    const answer = await this.attempt(() => ask(this.view, address(), { geometry }));
    if (answer && geometry === this.geometry) this.show({ ...answer, findings: [...new Set([...this.notes, ...(answer.findings ?? [])])] });
  }

  /** The file goes to the server as it is: it knows every format, and says what it cannot read. */
  async upload() {
    const [file] = this.part("file").files;
    if (!file) return;
    this.part("file-name").textContent = file.name;
    const form = new FormData();
    form.append("file", file);
    const { filter, at } = this.view.query ?? {};
    for (const [name, value] of Object.entries({ filter, at })) if (value) form.append(name, value);
    this.press(this.parts("draw"), null);
    this.setDraw(null);
    const answer = await this.attempt(() => fetchJson(address(), { method: "POST", body: form }));
    this.part("file").value = ""; // the same file can be tried again
    if (!answer) {
      this.setGeometry(null); // figures of another area are not to stand under this file's name
      this.part("result").hidden = true;
      return;
    }
    this.setGeometry(answer.geometry);
    this.notes = answer.notes ?? [];
    this.view.map.fitBounds(this.layer.getBounds(), { maxZoom: 17, padding: [40, 40] });
    this.show(answer);
  }

  show(answer) {
    const values = answer.rows[0] ?? {};
    const rows = answer.columns
      .filter(({ name }) => typeof values[name] === "number" || values[name] === null)
      .map((column) => el(
        "tr", { "data-name": column.name, title: column.formula || null, hidden: column.is_default === false },
        el("th", { scope: "row" }, column.zh),
        el("td", { class: "number", "data-value": values[column.name] ?? "" }, values.withheld?.includes(column.name) ? "不公开" : formatNumber(values[column.name], column.decimals)),
        el("td", { class: "short" }, values[column.name] === null ? "" : column.unit_zh ?? column.unit ?? ""),
      ));
    const more = el("button", { type: "button", class: "button", onclick: () => { for (const row of rows) row.hidden = false; more.closest("tr").remove(); } }, "更多指标");
    const last = rows.some((row) => row.hidden) ? [el("tr", {}, el("td", { colspan: 3 }, more))] : [];
    this.part("figures").replaceChildren(...rows, ...last);
    const { filter } = this.view.query ?? {};
    this.part("scope").textContent = `${filter ? "按当前筛选；" : ""}地块与范围按相交部分的面积分摊。数据截至 ${answer.data_on ?? "—"}。`;
    const findings = answer.findings ?? [];
    this.part("findings").replaceChildren(...findings.map((words) => el("li", {}, words)));
    this.part("findings").hidden = !findings.length;
    this.part("result").hidden = false;
  }

  /** The area becomes a condition of the filter, beside those already there. */
  useAsFilter() {
    const { filter, at } = this.view.query ?? { filter: "", at: "" };
    const corners = JSON.stringify(this.geometry.coordinates).split(",").length / 2;
    if (corners > MOST_FILTER_CORNERS) {
      this.warn(`这个范围有 ${formatNumber(corners, 0)} 个角点，作为筛选条件太长；请用“选中其中地块”，或画一个简单些的范围。`);
      return;
    }
    const condition = `S_INTERSECTS(geometry, ${geometryText(this.geometry)})`;
    this.view.setQuery({ filter: filter ? `(${filter}) AND ${condition}` : condition, at });
  }

  forget() {
    this.setGeometry(null);
    this.part("result").hidden = true;
    this.part("file-name").textContent = "尚未选择";
    this.warn();
  }

  clear() {
    this.forget();
    this.startDrawing(this.parts("draw")[0]);
  }
}

export function attach(page) {
  page.area = new AreaTool(page);
}
