/** Editing on the map: draw, reshape, split, merge; checked before it is stored, kept in the browser until it is. */

import { areaWords, onAreaUnit } from "../../area_unit.js";
import { el, fetchJson } from "../../page.js";
import { queryText } from "../register_layer.js";
import { drawGeometry, SKETCH_LOOK } from "./draw.js";
import { PanelTool } from "./panel_tool.js";
import { EditConflict } from "./edit_conflict.js";
import { EditDone } from "./edit_done.js";
import { EditDraft } from "./edit_draft.js";
import { attachEntries } from "./edit_entry.js";
import { mergeFields, newFields, splitFields } from "./edit_fields.js";
import { EditHoles } from "./edit_holes.js";
import { kindOf } from "./edit_parts.js";
import { EditRegisters } from "./edit_registers.js";
import { checkOf, post, requestOf, signatureOf, sizeWords } from "./edit_request.js";
import { ShapeEditor } from "./edit_shape.js";

const FLAW = { color: "#b3261e", weight: 2, fillColor: "#b3261e", fillOpacity: 0.35 };
const THEIRS = { color: "#0b57d0", weight: 2, dashArray: "5 4", fillColor: "#0b57d0", fillOpacity: 0.08 };
const PART = { ...SKETCH_LOOK, dashArray: null, fillOpacity: 0.16 };
const CHECK_MS = 350;
const LOST = "连接不上服务器"; // how fetchJson says it

class EditTool extends PanelTool {
  constructor(page) {
    super(page, "edit");
    this.form = this.part("form");
    this.marks = [];
    this.editor = new ShapeEditor(this.view, (geometry, how = {}) => this.onShape(geometry, how));
    this.holes = new EditHoles(this);
    this.registers = new EditRegisters(this.part("register"), () => this.onRegister());
    this.conflict = new EditConflict(this.part("conflict"), (theirs) => this.takeTheirs(theirs), (theirs) => this.keepMine(theirs));
    this.done = new EditDone(this.part("done"));
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
    this.part("own").addEventListener("change", () => { if (this.work?.geometry) this.check(); });
    this.view.on("choose", (choice) => this.follow(choice));
    attachEntries(page, (choice) => this.begin(choice));
    onAreaUnit(() => this.showSize());
  }

  start() {
    this.showModes();
    if (this.draft.offer()) return; // nothing is begun that would take its place
    if (this.work) return;
    if (this.page.chosen && this.registers.has(this.page.chosen.register)) this.take(this.page.chosen);
    else this.part("hint").textContent = this.waitingHint;
  }

  stop() {
    this.end();
    this.view.preferred = null;
  }

  get waitingHint() {
    return `在地图上单击一条“${this.registers.title}”记录，或选“画新图形”。`;
  }

  /** With nothing under way, the record that is clicked is the one to reshape. */
  follow(choice) {
    if (this.panel.hidden || this.work || !choice || !this.registers.has(choice.register)) return;
    this.take(choice);
  }

  /** Reshape a record, whichever register it is of. */
  take({ register }) {
    this.registers.choose(register);
    this.showModes();
    return this.choose("reshape");
  }

  begin(choice) {
    if (this.panel.hidden) this.page.toolbar.takeUp(this.name);
    else this.take(choice);
  }

  onRegister() {
    this.end();
    this.warn();
    this.done.hide();
    this.press(this.parts("mode"), null);
    this.showModes();
    this.part("hint").textContent = this.waitingHint;
  }

  /** Only plots are split and merged; clicks find the register's records before all others. */
  showModes() {
    for (const button of this.parts("mode")) button.hidden = ["split", "merge"].includes(button.dataset.mode) && !this.registers.isPlots;
    this.view.preferred = this.registers.id;
    this.show(this.registers.id);
  }

  /** Have a register on the map. */
  show(register) {
    const layer = this.view.layers.get(register);
    if (layer && !layer.isVisible) this.page.panel.setVisible([...this.page.panel.visibleIds, register]);
  }

  /** Take up one kind of work; what was under way is given up, but its draft stays. */
  async choose(mode) {
    this.end();
    this.warn();
    this.done.hide();
    this.press(this.parts("mode"), this.parts("mode").find((button) => button.dataset.mode === mode));
    this.part("hint").textContent = this.registers.hint(mode);
    const begin = { reshape: () => this.beginReshape(), draw: () => this.beginDraw(), split: () => this.beginSplit(), merge: () => this.beginMerge() };
    await this.attempt(begin[mode]);
  }

  /** The record of the open card, or the only plot selected. */
  get key() {
    const { keys } = this.view.selection;
    if (this.page.chosen?.register === this.registers.id) return this.page.chosen.key;
    if (this.registers.isPlots && keys.size === 1) return [...keys][0];
    throw new Error(`还没有选中记录：在地图上单击一条“${this.registers.title}”记录。`);
  }

  fetchShape(register, key) {
    return fetchJson(`/edits/shape.json?${queryText({ register, key })}`);
  }

  async beginReshape() {
    const { key, registers } = this;
    const held = await this.fetchShape(registers.id, key);
    const work = { mode: "reshape", register: registers.id, key, version: held.version };
    const words = held.name ? `${held.name}（${key}）` : key;
    if (!held.geometry) {
      this.part("target").textContent = words;
      this.part("hint").textContent = `这条记录还没有${registers.noun}：${registers.hint("draw")}`;
      this.drawOnce(registers.kind, ({ geometry }) => this.startDrawn(work, words, geometry));
      return;
    }
    this.open(work, words);
    this.editor.reveal(held.geometry, this.panel.offsetWidth);
    this.editor.start(held.geometry, held.neighbours);
    this.work.geometry = held.geometry;
    this.check();
    this.showSize();
  }

  /** What was drawn can be moved like what was there already. */
  startDrawn(work, words, geometry) {
    this.open(work, words);
    this.editor.start(geometry);
    this.onShape(geometry, {});
  }

  async beginDraw() {
    const { registers } = this;
    const { fields } = await fetchJson(`/edits/fields.json?${queryText({ register: registers.id })}`);
    this.drawOnce(registers.kind, ({ geometry }) => {
      this.startDrawn({ mode: "draw", register: registers.id, key: null, version: null, fields }, `新增：${registers.title}`, geometry);
      newFields(this.part("own"), fields);
    });
  }

  beginSplit() {
    const { key } = this;
    this.drawOnce("line", ({ geometry }) => this.attempt(() => this.showSplit(key, geometry)));
  }

  async showSplit(key, line) {
    const division = await post("/edits/split.json", { key, line });
    this.open({ mode: "split", register: "plots", key, version: division.version, line }, `分割 ${key}`);
    this.marks = division.parts.map(({ geometry }) => drawGeometry(this.view, geometry, PART));
    splitFields(this.part("own"), division);
    this.part("area").textContent = division.parts.map(({ area_m2: area }) => areaWords(area)).join(" + ");
    this.keep();
  }

  async beginMerge() {
    const keys = [...this.view.selection.keys];
    if (keys.length < 2) throw new Error("请先用上方的“选择”选中两宗以上相连的地块。");
    const union = await post("/edits/merge.json", { keys });
    this.open({ mode: "merge", register: "plots", keys, versions: union.versions }, `合并 ${keys.join("、")}`);
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
    const isPoint = this.registers.kind === "point";
    this.part("snap-line").hidden = !isShape || isPoint;
    this.part("step-back").hidden = !isShape;
    this.part("size-line").hidden = isPoint;
    this.part("size-words").textContent = this.registers.kind === "line" ? "长度" : "面积";
    this.part("accept-line").hidden = true;
    this.form.elements.accept.checked = false;
    this.form.hidden = false;
    this.showSize();
  }

  /** Clear the map and the panel of what was under way. */
  end() {
    this.holes.giveUp();
    this.setDraw(null);
    clearTimeout(this.timer);
    this.editor.stop();
    this.clearMarks();
    this.work = null;
    if (this.view.tool === this.name) this.view.tool = null;
    this.form.hidden = true;
    this.conflict.hide();
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
    this.showSize();
    if (isDragging) return;
    this.keep();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_MS);
  }

  showSize() {
    const { geometry } = this.work ?? {};
    this.holes.show(Boolean(geometry) && kindOf(geometry) === "polygon");
    if (geometry) this.part("area").textContent = sizeWords(geometry);
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
    const body = checkOf(work, this.form, this.part("own"));
    const answer = await post("/edits/check.json", body);
    if (this.work !== work || work.geometry !== body.geometry) return [];
    this.clearMarks();
    for (const { geometry } of answer.findings) this.marks.push(drawGeometry(this.view, geometry, FLAW));
    this.showFindings(answer.findings);
    this.part("accept-line").hidden = !answer.findings.length;
    if (!answer.findings.length) this.form.elements.accept.checked = false;
    this.editor.snapTo(answer.neighbours);
    const size = kindOf(work.geometry) === "polygon" ? areaWords(answer.area_m2) : sizeWords(work.geometry);
    this.part("area").textContent = `${size}${answer.is_snapped ? "（已贴合相邻图形）" : ""}`;
    return answer.findings;
  }

  showFindings(findings) {
    const list = this.part("findings");
    list.replaceChildren(...findings.map(({ words }) => el("li", {}, words)));
    list.hidden = !findings.length;
  }

  async save() {
    if (!this.work || this.isStoring) return; // pressed twice, the second would meet the first as somebody else's
    this.isStoring = true;
    clearTimeout(this.timer);
    try {
      const saved = await this.attempt(() => this.guarded(() => this.store()));
      if (saved) this.onSaved(saved);
    } finally {
      this.isStoring = false;
    }
  }

  async store() {
    const found = await this.askCheck();
    if (found.length && !this.form.elements.accept.checked) throw new Error("图形有下列问题，没有保存。请改图形，或核对后勾选“已核对，仍要保存”。");
    return post(...requestOf(this.work, this.form, this.part("own")));
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

  /** Both versions: on the map the other's in blue, one's own in red. */
  showConflict(theirs) {
    if (!theirs) return;
    if (theirs.geometry) this.marks.push(drawGeometry(this.view, theirs.geometry, THEIRS));
    this.conflict.show(theirs, this.part("area").textContent);
  }

  takeTheirs({ register, key }) {
    this.drop();
    this.reload();
    this.page.choose({ register, key });
    this.take({ register });
  }

  keepMine({ register, key, version }) {
    const { work } = this;
    if (work.versions?.[key] !== undefined) work.versions[key] = version;
    else if (register === work.register && key === work.key) work.version = version;
    this.conflict.hide();
    this.save();
  }

  onSaved(saved) {
    this.draft.drop();
    const register = this.work?.register ?? this.registers.id;
    const signed = signatureOf(this.form);
    this.end();
    this.press(this.parts("mode"), null);
    this.part("hint").textContent = "";
    if (saved.proposal) {
      this.done.showSent(saved.proposal, saved.address);
      return;
    }
    this.view.layers.get(register).config.isEmpty = false;
    this.reload();
    this.view.selection.set([]);
    const [key] = saved.keys;
    this.page.choose(key ? { register, key } : null);
    this.done.showSaved(saved, register, () => this.undo(saved.revision, signed));
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
    this.registers.choose(work.register);
    this.showModes();
    await this.attempt(async () => {
      if (work.mode === "split") await this.showSplit(work.key, work.line);
      else if (work.mode === "merge") {
        this.view.selection.set(work.keys);
        await this.beginMerge();
      } else {
        const held = work.key ? await this.fetchShape(work.register, work.key) : { neighbours: [] };
        this.open(work, work.key ?? `新增：${this.registers.title}`);
        if (work.mode === "draw") newFields(this.part("own"), work.fields);
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
