/** Candidates that lie together, ranked as wholes; read when the section is opened. */
import { areaText } from "../area_unit.js";
import { el, fetchJson, formatNumber } from "../page.js";

const SHOWN = 200;
const NAMED = 4;

export class Blocks {
  /** @param {{address: (path: string) => string, onShow: (codes: string[]) => void}} how */
  constructor({ address, onShow }) {
    this.address = address;
    this.onShow = onShow;
    this.section = document.getElementById("blocks");
    this.gap = document.getElementById("gap");
    this.state = document.getElementById("blocks-state");
    this.table = document.getElementById("blocks-table");
    this.section.addEventListener("toggle", () => this.refresh());
    this.gap.addEventListener("change", () => this.refresh());
  }

  /** Read the blocks anew, if they are looked at. */
  async refresh() {
    if (!this.section.open) return;
    const asked = Symbol("asked");
    this.asked = asked;
    this.state.textContent = "正在计算……";
    try {
      const address = this.address("/candidates/blocks.json");
      const { blocks } = await fetchJson(`${address}${address.includes("?") ? "&" : "?"}gap=${encodeURIComponent(this.gap.value)}`);
      if (this.asked === asked) this.draw(blocks);
    } catch (error) {
      if (this.asked === asked) this.state.textContent = error.message;
    }
  }

  draw(blocks) {
    this.table.hidden = !blocks.length;
    this.state.textContent = blocks.length ? `共 ${formatNumber(blocks.length, 0)} 片${blocks.length > SHOWN ? `，列出前 ${SHOWN} 片` : ""}。容积率、亩均税收按合计相除，用地规模按整片，其余各项按面积平均。` : "没有相邻的候选地块。";
    this.table.querySelector("tbody").replaceChildren(...blocks.slice(0, SHOWN).map((block) => {
      const names = block.plot_codes.slice(0, NAMED).join("、") + (block.plot_codes.length > NAMED ? ` 等 ${block.plot_codes.length} 宗` : "");
      return el("tr", {},
        el("td", { class: "number" }, String(block.rank)),
        el("th", { scope: "row" }, el("button", { type: "button", class: "candidate-toggle", title: "在图上看这一片", onclick: () => this.onShow(block.plot_codes) }, names)),
        el("td", {}, block.town ?? "—"),
        el("td", { class: "number" }, String(block.plot_count)),
        el("td", { class: "number" }, areaText(block.site_area_m2)),
        el("td", { class: "number" }, formatNumber(block.score, 1)),
        el("td", { class: "number short" }, `${formatNumber(block.least, 1)}–${formatNumber(block.most, 1)}`),
        el("td", { class: "number" }, formatNumber(block.far)),
        el("td", { class: "number" }, formatNumber(block.tax_wan_per_mu)),
        el("td", { class: "number" }, formatNumber(block.potential_gfa_m2, 0)));
    }));
  }
}
