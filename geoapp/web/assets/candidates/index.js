/** /candidates: the pool is read once, weights move the ranking on the page, the server is asked how stable it is. */
import { MapView } from "../map/map_view.js";
import { onAreaUnit } from "../area_unit.js";
import { fetchJson, formatNumber } from "../page.js";
import { Blocks } from "./blocks.js";
import { rank, readPool } from "./score.js";
import { CandidateTable } from "./table.js";
import { Weights } from "./weights.js";

const SELECT_DELAY_MS = 80; // the table follows a slider at once, the map when it rests a moment
const STABILITY_DELAY_MS = 400;

/** What the scripts that the server's map makes call. */
export const createMap = (id, config) => new MapView(id, config);
export const addBasemap = (view, config) => view.addBasemap(config);
export const addRegister = (view, config) => view.addRegister(config);

class CandidatesPage {
  constructor(view) {
    this.view = view;
    this.root = document.getElementById("candidates");
    this.state = document.getElementById("state");
    this.top = document.getElementById("top");
    this.weights = new Weights(document.getElementById("weights"));
    this.given = new URL(window.location.href).searchParams;
    this.blocks = new Blocks({ address: (path) => this.address(path), onShow: (codes) => this.showPlots(codes) });
  }

  /** An address of the server with the page's parameters; only some of them where names are given. */
  address(path, names = ["weights", "filter", "top", "at"]) {
    const query = new URLSearchParams();
    const values = { weights: this.weights.text, filter: this.given.get("filter"), top: this.top.value, at: this.given.get("at") };
    for (const name of names) if (values[name]) query.set(name, values[name]);
    return query.size ? `${path}?${query}` : path;
  }

  async start() {
    this.view.showAll();
    this.view.setQuery({ filter: this.given.get("filter") ?? "", at: this.given.get("at") ?? "" });
    try {
      const answer = await fetchJson(this.address("/candidates/pool.json"));
      this.pool = { ...readPool(answer), terms_words: answer.terms };
    } catch (error) {
      this.state.textContent = error.message;
      return;
    }
    this.table = new CandidateTable(this.pool, { address: (path, names) => this.address(path, names), onShow: (plot) => this.showPlots([this.pool.code[plot]]) });
    this.weights.addEventListener("change", () => this.reweigh());
    this.top.addEventListener("change", () => this.reweigh());
    document.getElementById("find").addEventListener("input", ({ target }) => this.table.find(target.value));
    this.view.on("choose", (hit) => this.choose(hit));
    onAreaUnit(() => this.table.draw());
    this.rerank();
    this.selectFirst();
    if (this.view.selection.size) this.showPlots([...this.view.selection.keys]);
    window.geoappCandidates = this;
  }

  /** The weights or the number of the first changed: rank at once, then ask how stable it is. */
  reweigh() {
    if (!this.rerank()) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), STABILITY_DELAY_MS);
  }

  rerank() {
    const weights = this.weights.values;
    const isTop = this.top.checkValidity() && this.top.value !== "";
    if (!weights || !isTop) {
      this.state.textContent = weights ? "“前几名”应为 1 到 100,000 的整数。" : "权重应为 0 到 1000 的数，且不能全是零。";
      return false;
    }
    const began = performance.now();
    this.ranking = rank(this.pool, weights);
    this.table.show(this.ranking, weights);
    clearTimeout(this.selectTimer);
    this.selectTimer = setTimeout(() => this.selectFirst(), SELECT_DELAY_MS);
    this.tookMs = performance.now() - began;
    const { count, total } = this.pool;
    this.state.textContent = total > count ? `候选 ${formatNumber(total, 0)} 宗，这里按打开时的权重取前 ${formatNumber(count, 0)} 宗排序；文件里有全部。` : `${formatNumber(count, 0)} 宗候选，按分值排序；同分同名次。`;
    return true;
  }

  /** The first ones are selected on the map. */
  selectFirst() {
    const { order, rank: ranks, score } = this.ranking;
    const top = Number(this.top.value);
    const first = [];
    for (const plot of order) {
      if (ranks[plot] > top || Number.isNaN(score[plot])) break;
      first.push(this.pool.code[plot]);
    }
    this.view.selection.set(first);
    document.getElementById("top-words").textContent = this.top.value;
  }

  async settle() {
    this.keepAddress();
    this.blocks.refresh();
    const asked = this.address("/candidates/stability.json");
    this.askedStability = asked;
    try {
      const answer = await fetchJson(asked);
      if (this.askedStability !== asked) return;
      const words = new Map([...answer.always.map((code) => [code, "always"]), ...answer.sometimes.map((code) => [code, "sometimes"])]);
      this.pool.stability = this.pool.code.map((code) => words.get(code) ?? "never");
      this.table.draw();
    } catch (error) {
      if (this.askedStability === asked) this.state.textContent = error.message;
    }
  }

  /** The page's address and those of its files say what is shown. */
  keepAddress() {
    const isOfficial = this.weights.text === this.root.dataset.official;
    const address = new URL(window.location.href);
    if (isOfficial) address.searchParams.delete("weights");
    else address.searchParams.set("weights", this.weights.text);
    address.searchParams.set("top", this.top.value);
    address.search = address.search.replaceAll("%2C", ",");
    window.history.replaceState(null, "", address);
    for (const link of document.querySelectorAll("[data-export]")) {
      const target = new URL(link.href);
      target.searchParams.set("weights", this.weights.text);
      target.searchParams.set("top", this.top.value);
      link.href = target.toString();
    }
  }

  /** Look at some plots on the map. */
  async showPlots(codes) {
    try {
      const { bounds } = await fetchJson(this.address("/plots/selection.json", ["at"]), {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ keys: codes }),
      });
      if (!bounds) return;
      const [west, south, east, north] = bounds;
      this.view.map.fitBounds([[south, west], [north, east]], { maxZoom: 17, padding: [60, 60], animate: false });
    } catch (error) {
      this.state.textContent = error.message;
    }
  }

  choose(hit) {
    if (hit?.register !== "plots") return;
    const plot = this.pool.code.indexOf(hit.key);
    if (plot >= 0) this.table.reveal(plot);
    else this.state.textContent = `${hit.key} 不在候选里：已排除、缺资料，或不满足筛选。`;
  }
}

/** Start the page around the map. */
export function startCandidates(view) {
  new CandidatesPage(view).start();
}
