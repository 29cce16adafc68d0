/** Editing plots on the map: draw, reshape, split, merge; checked before it is stored, kept in the browser until it is. */

import { areaWords, onAreaUnit } from "../../area_unit.js";
import { el, fetchJson } from "../../page.js";
import { drawGeometry, SKETCH_LOOK } from "./draw.js";
import { PanelTool } from "./panel_tool.js";
import { EditDraft } from "./edit_draft.js";
import { mergeFields, newFields, splitFields } from "./edit_fields.js";
import { ShapeEditor } from "./edit_shape.js";
import { polygonArea } from "./geodesic.js";

const SIGNATURE = ["edited_by", "edit_reason", "edit_document_no"];
const FLAW = { color: "#b3261e", weight: 2, fillColor: "#b3261e", fillOpacity: 0.35 };
const THEIRS = { color: "#0b57d0", weight: 2, dashArray: "5 4", fillColor: "#0b57d0", fillOpacity: 0.08 };
const PART = { ...SKETCH_LOOK, dashArray: null, fillOpacity: 0.16 };
const CHECK_MS = 350;
const PANEL_GAP_PX = 20;
const LOST = "连接不上服务器"; // how fetchJson says it
const HINTS = {
  reshape: "拖动顶点；拖动边的中点加点；右键或 Delete 删点。",
  draw: "画完边界后还可以拖动顶点。",
  split: "画一条线穿过地块，从地块外到地块外。",
  merge: "先用“选择”选中相连的地块。",
};

const post = (address, body) =>
  fetchJson(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

class EditTool extends PanelTool {
  constructor(page) {
    super(page, "edit");
    this.form = this.part("form");
    this.marks = [];
    this.editor = new ShapeEditor(this.view, (geometry, how = {}) => this.onShape(geometry, how));
    this.draft = new EditDraft(this.part("draft"), (kept) => this.restore(kept));
    for (const button of this.parts("mode")) button.addEventListener("click", () => this.choose(button.dataset.mode));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.form.addEventListener("input", () => this.keep());
    this.form.elements.snap.addEventListener("change", () => this.onSnap());
    this.part("step-back").addEventListener("click", () => this.editor.stepBack());
    this.part("drop").addEventListener("click", () => this.drop());
    this.part("take-theirs").addEventListener("click", () => this.takeTheirs());
    this.part("keep-mine").addEventListener("click", () => this.keepMine());
    this.view.on("choose", (choice) => this.follow(choice));
    onAreaUnit(() => this.showArea());
  }

  start() {
    if (this.draft.offer()) return; // nothing is begun that would take its place
    if (!this.work && this.page.chosen?.register === "plots") this.choose("reshape");
    else if (!this.work) this.part("hint").textContent = "在地图上单击一宗地块，或选“画新地块”。";
  }

  stop() {
    this.end();
  }

  /** With nothing under way, the plot that is clicked is the one to reshape. */
  follow(choice) {
    if (this.panel.hidden || this.work || choice?.register !== "plots") return;
    this.choose("reshape");
  }

  /** Take up one kind of work; what was under way is given up, but its draft stays. */
  async choose(mode) {
    this.end();
    this.warn();
    this.part("done").hidden = true;
    this.press(this.parts("mode"), this.parts("mode").find((button) => button.dataset.mode === mode));
    this.part("hint").textContent = HINTS[mode];
    const begin = { reshape: () => this.beginReshape(), draw: () => this.beginDraw(), split: () => this.beginSplit(), merge: () => this.beginMerge() };
    await this.attempt(begin[mode]);
  }

  /** The plot of the open card, or the only one selected. */
  get plot() {
    const { keys } = this.view.selection;
    if (this.page.chosen?.register === "plots") return this.page.chosen.key;
    return keys.size === 1 ? [...keys][0] : null;
  }

  async beginReshape() {
    const key = this.plot;
    if (!key) throw new Error("还没有选中地块：在地图上单击一宗地块。");
    const held = await fetchJson(`/edits/shape.json?key=${encodeURIComponent(key)}`);
    if (!held.geometry) throw new Error("这宗地块没有图形，请联系管理员导入图形。");
    this.open({ mode: "reshape", key, version: held.version }, held.name ? `${held.name}（${key}）` : key);
    this.clearView(held.geometry);
    this.editor.start(held.geometry, held.neighbours);
    this.work.geometry = held.geometry;
    this.check();
    this.showArea();
  }

  /** No corner is to lie under the panel or off the screen: then the map moves, and zooms out only as far as it must. */
  clearView(geometry) {
    const { map, L } = this.view;
    const bounds = L.geoJSON(geometry).getBounds();
    const right = map.getSize().x - this.panel.offsetWidth - PANEL_GAP_PX;
    const corners = [bounds.getNorthWest(), bounds.getSouthEast()].map((place) => map.latLngToContainerPoint(place));
    const isClear = corners[0].x > 0 && corners[0].y > 0 && corners[1].x < right && corners[1].y < map.getSize().y;
    if (isClear) return;
    const paddingBottomRight = [this.panel.offsetWidth + 2 * PANEL_GAP_PX, 60];
    map.fitBounds(bounds, { paddingTopLeft: [30, 100], paddingBottomRight, maxZoom: map.getZoom(), animate: false });
  }

  beginDraw() {
    this.drawOnce("polygon", ({ geometry }) => {
      this.open({ mode: "draw", key: null, version: null }, "新地块");
      newFields(this.part("own"));
      this.editor.start(geometry);
      this.onShape(geometry, {});
    });
  }

  beginSplit() {
    const key = this.plot;
    if (!key) throw new Error("还没有选中地块：在地图上单击一宗地块。");
    this.drawOnce("line", ({ geometry }) => this.attempt(() => this.showSplit(key, geometry)));
  }

  async showSplit(key, line) {
    const division = await post("/edits/split.json", { key, line });
    this.open({ mode: "split", key, version: division.version, line }, `分割 ${key}`);
    this.marks = division.parts.map(({ geometry }) => drawGeometry(this.view, geometry, PART));
    splitFields(this.part("own"), division);
    this.part("area").textContent = division.parts.map(({ area_m2: area }) => areaWords(area)).join(" + ");
    this.keep();
  }

  async beginMerge() {
    const keys = [...this.view.selection.keys];
    if (keys.length < 2) throw new Error("请先用上方的“选择”选中两宗以上相连的地块。");
    const union = await post("/edits/merge.json", { keys });
    this.open({ mode: "merge", keys, versions: union.versions }, `合并 ${keys.join("、")}`);
    this.marks = [drawGeometry(this.view, union.geometry, PART)];
    mergeFields(this.part("own"), union);
    this.showFindings(union.findings.map((words) => ({ words })));
    this.part("area").textContent = areaWords(union.area_m2);
    this.keep();
  }

  /** Something is under way: clicks on the map choose no plot until it is stored or dropped. */
  open(work, words) {
    this.work = work;
    this.view.tool = this.name;
    this.part("target").textContent = words;
    this.part("own").replaceChildren();
    const isShape = ["reshape", "draw"].includes(work.mode);
    this.part("snap-line").hidden = this.part("step-back").hidden = !isShape;
    this.part("accept-line").hidden = true;
    this.form.elements.accept.checked = false;
    this.form.hidden = false;
  }

  /** Clear the map and the panel of what was under way. */
  end() {
    this.setDraw(null);
    clearTimeout(this.timer);
    this.editor.stop();
    this.clearMarks();
    this.work = null;
    if (this.view.tool === this.name) this.view.tool = null;
    this.form.hidden = true;
    this.part("conflict").hidden = true;
    this.part("target").textContent = "";
    this.showFindings([]);
  }

  clearMarks() {
    for (const mark of this.marks) mark.remove();
    this.marks = [];
  }

  drop() {
    this.draft.drop();
    this.end();
    this.warn();
    this.press(this.parts("mode"), null);
  }

  onShape(geometry, { isDragging = false }) {
    if (!this.work) return;
    this.work.geometry = geometry;
    this.showArea();
    if (isDragging) return;
    this.keep();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_MS);
  }

  showArea() {
    if (this.work?.geometry) this.part("area").textContent = areaWords(polygonArea(this.work.geometry));
  }

  onSnap() {
    this.editor.isSnapping = this.form.elements.snap.checked;
    if (this.work?.geometry) this.check();
  }

  check() {
    return this.attempt(() => this.guarded(() => this.askCheck()));
  }

  /** Ask the server what the shape would come to; what does not fit is shown before anything is stored. */
  async askCheck() {
    const { work } = this;
    if (!work?.geometry) return [];
    if (this.editor.isCrossed) throw new Error("边线自己相交了：请移动顶点，或点“退一步”。");
    const body = { key: work.key, geometry: work.geometry, snap: this.form.elements.snap.checked };
    const answer = await post("/edits/check.json", body);
    if (this.work !== work || work.geometry !== body.geometry) return [];
    this.clearMarks();
    for (const { geometry } of answer.findings) this.marks.push(drawGeometry(this.view, geometry, FLAW));
    this.showFindings(answer.findings);
    this.part("accept-line").hidden = !answer.findings.length;
    if (!answer.findings.length) this.form.elements.accept.checked = false;
    this.part("area").textContent = `${areaWords(answer.area_m2)}${answer.is_snapped ? "（已贴合相邻地块）" : ""}`;
    return answer.findings;
  }

  showFindings(findings) {
    const list = this.part("findings");
    list.replaceChildren(...findings.map(({ words }) => el("li", {}, words)));
    list.hidden = !findings.length;
  }

  /** Everything that is stored of the work under way. */
  request() {
    const { work, form } = this;
    const own = Object.fromEntries(SIGNATURE.map((name) => [name, form.elements[name].value]));
    if (work.mode === "split") return ["/edits/split.json", { key: work.key, seen: work.version, line: work.line, ...splitFields.read(this.part("own")), ...own }];
    if (work.mode === "merge") return ["/edits/merge.json", { keys: work.keys, versions: work.versions, ...mergeFields.read(this.part("own")), ...own }];
    const shape = { geometry: work.geometry, snap: form.elements.snap.checked, accept: form.elements.accept.checked };
    if (work.mode === "draw") return ["/edits/shape.json", { ...newFields.read(this.part("own")), ...shape, ...own }];
    return ["/edits/shape.json", { key: work.key, seen: work.version, ...shape, ...own }];
  }

  async save() {
    if (!this.work) return;
    clearTimeout(this.timer);
    const saved = await this.attempt(() => this.guarded(() => this.store()));
    if (saved) this.onSaved(saved);
  }

  async store() {
    const found = await this.askCheck();
    if (found.length && !this.form.elements.accept.checked) throw new Error("图形有下列问题，没有保存。请改图形，或核对后勾选“已核对，仍要保存”。");
    return post(...this.request());
  }

  /** Do what asks the server; of a lost connection or an ended session the draft is spoken of. */
  async guarded(work) {
    try {
      return await work();
    } catch (error) {
      if (error.status === 409) this.showConflict(error.body?.theirs);
      const isLost = error.status === undefined && error.message.startsWith(LOST);
      if (isLost || [401, 403].includes(error.status)) error.message += "没有保存；内容已作为草稿留在本机，恢复后可再保存。";
      throw error;
    }
  }

  /** Both versions on the map: the other's in blue, one's own in red. */
  showConflict(theirs) {
    this.theirs = theirs;
    if (!theirs) return;
    if (theirs.geometry) this.marks.push(drawGeometry(this.view, theirs.geometry, THEIRS));
    const area = theirs.area_m2 === null ? "" : `，面积 ${areaWords(theirs.area_m2)}`;
    this.part("conflict-words").textContent = `${theirs.user} 存了第 ${theirs.version} 次修订${theirs.reason ? `（${theirs.reason}）` : ""}${area}。地图上蓝色虚线是对方的图形，红色是您的。`;
    this.part("conflict").hidden = false;
  }

  takeTheirs() {
    this.drop();
    this.reload();
    this.choose("reshape");
  }

  keepMine() {
    const { work, theirs } = this;
    if (work.versions) work.versions[theirs.key] = theirs.version;
    else work.version = theirs.version;
    this.part("conflict").hidden = true;
    this.save();
  }

  onSaved({ revision, keys, findings, proposal, address }) {
    this.draft.drop();
    if (proposal) {
      this.onSent(proposal, address);
      return;
    }
    const signed = Object.fromEntries(SIGNATURE.map((name) => [name, this.form.elements[name].value]));
    this.end();
    this.press(this.parts("mode"), null);
    this.part("hint").textContent = "";
    this.reload();
    this.view.selection.set([]);
    const [first] = keys;
    if (first) this.page.choose({ register: "plots", key: first });
    else this.page.choose(null);
    this.showDone(revision, keys, findings, signed);
  }

  /** What a reporter sent is not on the map before a reviewer accepts it. */
  onSent(proposal, address) {
    this.end();
    this.press(this.parts("mode"), null);
    this.part("hint").textContent = "";
    this.part("done").replaceChildren(
      el("p", {}, `已报送，第 ${proposal} 号，待审核。审核采纳以前地图不变。`),
      el("div", { class: "tool-actions" }, el("a", { class: "button", href: address }, "看这号报送")),
    );
    this.part("done").hidden = false;
  }

  showDone(revision, keys, findings, signed) {
    const words = revision ? `已存为第 ${revision} 次修订：${keys.join("、")}。` : "内容没有变化，没有改动。";
    const link = (key) => el("a", { class: "button", href: `/records/plots/${key.split("/").map(encodeURIComponent).join("/")}/edit` }, `填写 ${key} 的属性`);
    const undo = el("button", { type: "button", class: "button", "data-undo": true, onclick: () => this.undo(revision, signed) }, "撤回");
    this.part("done").replaceChildren(
      el("p", {}, words),
      ...findings.map((finding) => el("p", { class: "is-finding" }, finding)),
      el("div", { class: "tool-actions" }, revision ? undo : null, ...keys.slice(0, 4).map(link)),
    );
    this.part("done").hidden = false;
  }

  async undo(revision, signed) {
    const saved = await this.attempt(() => post("/edits/undo.json", { revision, edited_by: signed.edited_by }));
    if (saved) this.onSaved(saved);
  }

  /** What is on the map may have changed: every tile is asked for again. */
  reload() {
    this.view.tiles.clear();
    for (const layer of this.view.layers.values()) layer.refresh();
    this.view.refresh();
  }

  keep() {
    if (!this.work) return;
    const typed = Object.fromEntries([...this.form.querySelectorAll("input[type=text], select")].map((input) => [input.name, input.value]));
    this.draft.keep({ ...this.work, typed });
  }

  /** Take up what was left unsaved, on the version it was made on. */
  async restore({ typed, ...work }) {
    this.end();
    await this.attempt(async () => {
      if (work.mode === "split") await this.showSplit(work.key, work.line);
      else if (work.mode === "merge") {
        this.view.selection.set(work.keys);
        await this.beginMerge();
      } else {
        const held = work.key ? await fetchJson(`/edits/shape.json?key=${encodeURIComponent(work.key)}`) : { neighbours: [] };
        this.open(work, work.key ?? "新地块");
        if (work.mode === "draw") newFields(this.part("own"));
        this.editor.start(work.geometry, held.neighbours);
      }
      this.press(this.parts("mode"), this.parts("mode").find((button) => button.dataset.mode === work.mode));
      if (work.version !== undefined) this.work.version = work.version;
      if (work.versions) this.work.versions = work.versions;
      for (const [name, value] of Object.entries(typed)) if (this.form.elements[name]) this.form.elements[name].value = value;
      this.view.map.fitBounds(this.view.L.geoJSON(work.geometry ?? work.line ?? this.marks[0].toGeoJSON()).getBounds(), { maxZoom: 18, padding: [80, 80] });
      if (this.work.geometry) this.onShape(this.work.geometry, {});
    });
  }
}

export function attach(page) {
  if (document.getElementById("edit-tool")) page.edit = new EditTool(page); // shown to who may edit
}
