/** The table of candidates: one page of rows at a time, a row opens to its reasons. */
import { areaText } from "../area_unit.js";
import { el, fetchJson, formatNumber } from "../page.js";
import { interval, points } from "./score.js";

const ROWS = 50;
const STABILITY = { always: ["●", "总在前列"], sometimes: ["◐", "有时在前列"], never: ["○", "不在前列"] };

const plotAddress = (code) => `/plots/${code.split("/").map(encodeURIComponent).join("/")}`;

export class CandidateTable {
  /**
   * @param {ReturnType<import("./score.js").readPool>} pool
   * @param {{address: (path: string) => string, onShow: (plot: number) => void}} how
   */
  constructor(pool, { address, onShow }) {
    this.pool = pool;
    this.address = address;
    this.onShow = onShow;
    this.body = document.querySelector("#table tbody");
    this.pages = document.getElementById("pages");
    this.page = 0;
    this.open = null;
    this.wanted = null; // plots that the search takes in; null: all
  }

  /** Show a ranking; the page stays. */
  show(ranking, weights) {
    this.ranking = ranking;
    this.weights = weights;
    this.draw();
  }

  /** Show only plots with a text in their code, name or town. */
  find(text) {
    const word = text.trim().toLowerCase();
    const { code, name, town } = this.pool;
    this.wanted = word ? (plot) => [code[plot], name[plot], town[plot]].some((value) => value?.toLowerCase().includes(word)) : null;
    this.page = 0;
    this.draw();
  }

  /** Go to a plot's row. */
  reveal(plot) {
    this.wanted = null;
    document.getElementById("find").value = "";
    this.page = Math.floor(this.ranking.order.indexOf(plot) / ROWS);
    this.open = plot;
    this.draw();
    const row = this.body.querySelector(`tr[data-plot="${plot}"]`);
    row.scrollIntoView({ block: "center" });
    row.querySelector("button").focus({ preventScroll: true });
  }

  get listed() {
    return this.wanted ? Array.from(this.ranking.order).filter(this.wanted) : this.ranking.order;
  }

  draw() {
    const { listed } = this;
    const last = Math.max(0, Math.ceil(listed.length / ROWS) - 1);
    this.page = Math.min(this.page, last);
    const rows = [];
    for (const plot of listed.slice(this.page * ROWS, (this.page + 1) * ROWS)) {
      rows.push(this.row(plot));
      if (plot === this.open) rows.push(this.opened(plot));
    }
    if (!rows.length) rows.push(el("tr", {}, el("td", { colspan: 9 }, "没有这样的地块。")));
    this.body.replaceChildren(...rows);
    this.drawPages(listed.length, last);
  }

  row(plot) {
    const { pool, ranking } = this;
    const [mark, words] = STABILITY[pool.stability[plot]];
    const isOpen = plot === this.open;
    return el("tr", { "data-plot": plot, class: isOpen ? "is-open" : null },
      el("td", { class: "number" }, Number.isNaN(ranking.score[plot]) ? "—" : String(ranking.rank[plot])),
      el("th", { scope: "row" },
        el("button", { type: "button", class: "candidate-toggle", "aria-expanded": String(isOpen), onclick: () => this.toggle(plot) }, pool.name[plot] || pool.code[plot]),
        el("small", {}, `${pool.code[plot]} · ${pool.town[plot] ?? "—"}`)),
      el("td", {}, this.scoreCell(plot)),
      el("td", { class: "short", title: words }, el("span", { "aria-hidden": "true" }, mark), el("small", {}, words)),
      el("td", { class: "number" }, areaText(pool.area_m2[plot])),
      el("td", { class: "number short" }, `${formatNumber(pool.far[plot])} → ${formatNumber(pool.far_target[plot])}`),
      el("td", { class: "number" }, formatNumber(pool.tax_wan_per_mu[plot])),
      el("td", { class: "number" }, formatNumber(pool.potential_gfa_m2[plot], 0)),
      el("td", {}, ...pool.rules[plot].map((id) => el("span", { class: "rule-mark", title: pool.rule_names[id] }, id)),
        pool.flags[plot] ? el("small", {}, pool.flags[plot]) : null));
  }

  /** The score, its interval, and a bar whose pieces are the points that each term gives. */
  scoreCell(plot) {
    const { pool, ranking, weights } = this;
    const score = ranking.score[plot];
    if (Number.isNaN(score)) return el("span", {}, "各项都没有资料");
    const [least, most] = interval(pool, weights, ranking, plot);
    const bar = el("span", { class: "score-bar", role: "img" });
    const parts = [];
    for (const [term, value] of points(pool, weights, ranking, plot).entries()) {
      const { zh } = pool.terms_words[term];
      parts.push(`${zh} ${Number.isNaN(value) ? "缺资料" : value.toFixed(1)}`);
      if (!(value > 0)) continue;
      const piece = el("i", { class: `term-${term}`, title: `${zh} ${value.toFixed(1)} 分` });
      piece.style.width = `${value}%`;
      bar.append(piece);
    }
    const range = el("i", { class: "score-range" });
    range.style.left = `${least}%`;
    range.style.width = `${Math.max(most - least, 0.5)}%`;
    bar.append(range);
    bar.setAttribute("aria-label", parts.join("，"));
    const complete = ranking.known[plot] / ranking.total;
    const words = `${least.toFixed(1)}–${most.toFixed(1)} · 完整 ${Math.round(complete * 100)}%`;
    return el("span", { class: "score" }, el("span", { class: "score-number" }, score.toFixed(1)), bar, el("small", {}, words));
  }

  toggle(plot) {
    this.open = this.open === plot ? null : plot;
    this.draw();
    this.body.querySelector(`tr[data-plot="${plot}"] button`).focus({ preventScroll: true });
    if (this.open !== null) this.onShow(plot);
  }

  /** The row under an open one: reasons with clause and day, what would turn first, the points of each term. */
  opened(plot) {
    const cell = el("td", { colspan: 9 }, el("p", { class: "hint" }, "正在读取……"));
    this.fill(plot, cell);
    return el("tr", { class: "candidate-details" }, cell);
  }

  async fill(plot, cell) {
    const code = this.pool.code[plot];
    try {
      const record = await fetchJson(this.address(`/candidates/plots/${code.split("/").map(encodeURIComponent).join("/")}.json`));
      const reasons = record.reasons.map(({ rule, sentence, clause, source, day }) =>
        el("li", {}, `${rule} ${sentence}`, el("small", {}, `${clause ? `“${clause}”，` : ""}${source}；按 ${day} 的阈值`)));
      const known = Number(this.ranking.known[plot].toFixed(2));
      const terms = points(this.pool, this.weights, this.ranking, plot).map((value, term) =>
        el("li", {}, el("i", { class: `swatch term-${term}`, "aria-hidden": "true" }), `${this.pool.terms_words[term].zh} ${Number.isNaN(value) ? "缺资料，不计入" : `${value.toFixed(2)} 分 ＝ 100 × ${this.pool.terms[term][plot].toFixed(3)} × 权重 ${this.weights[term]} ÷ ${known}`}`));
      cell.replaceChildren(
        el("div", { class: "candidate-parts" },
          el("section", {}, el("h3", {}, "为什么"), reasons.length ? el("ul", {}, ...reasons) : el("p", {}, "没有命中低效规则。"),
            record.nearest_flip ? el("p", {}, `最接近翻转：${record.nearest_flip}`) : null,
            record.flags.length ? el("p", {}, `提示：${record.flags.join("；")}`) : null),
          el("section", {}, el("h3", {}, "分值怎样来"), el("ul", { class: "candidate-terms" }, ...terms),
            el("p", { class: "hint" }, `${known} 是已知各项的权重之和；缺的项不计入，其余按比例放大。`)),
          el("p", {}, el("a", { href: this.address(plotAddress(code), ["at"]) }, "地块卡片"))));
    } catch (error) {
      cell.replaceChildren(el("p", { role: "alert" }, error.message));
    }
  }

  drawPages(count, last) {
    const turn = (page, words) => el("button", { type: "button", class: "button", disabled: page < 0 || page > last || page === this.page, onclick: () => { this.page = page; this.draw(); } }, words);
    const from = count ? this.page * ROWS + 1 : 0;
    this.pages.replaceChildren(
      turn(0, "首页"), turn(this.page - 1, "上一页"),
      el("span", {}, `第 ${formatNumber(from, 0)}–${formatNumber(Math.min(count, (this.page + 1) * ROWS), 0)} 行，共 ${formatNumber(count, 0)} 行`),
      turn(this.page + 1, "下一页"), turn(last, "末页"));
  }
}
