/** The dialog in which the map becomes a sheet: choose, look, print or keep as a picture. */

import { readText, writeText } from "./storage.js";
import { withResolution } from "./print_png.js";
import { attachPlainPrint } from "./print_plain.js";
import { lengthText, parseDenominator, scaleText } from "./print_scale.js";

const PIXELS_PER_MM = 8; // 203 dots per inch: twice a screen's 96, and a whole number of pixels a metre for the PNG
const TYPING_MS = 250;
const ROOM_AROUND = 0.02; // around the district, of its size
const STEP_MM = 10; // of an arrow key
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEPT = "geoapp.print";
const KEPT_FIELDS = ["paper", "orientation", "grid", "unit"];

class PrintTool {
  constructor(page) {
    this.page = page;
    this.view = page.view;
    this.dialog = document.getElementById("print-dialog");
    this.form = document.getElementById("print-form");
    this.preview = document.getElementById("print-preview");
    this.button = document.getElementById("print-tool");
    this.facts = null;
    this.sheet = null; // in the preview
    this.made = null; // the latest in full resolution
    this.work = null; // abort controller of what is being drawn
    this.listen();
    this.restore();
    attachPlainPrint(this);
  }

  part(name) {
    return this.dialog.querySelector(`[data-${name}]`);
  }

  field(name) {
    return this.form.elements[name];
  }

  listen() {
    this.button.addEventListener("click", () => this.open());
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      if (this.dialog.open) this.print();
      else this.open();
    });
    this.dialog.addEventListener("close", () => this.onClose());
    this.part("close").addEventListener("click", () => this.dialog.close());
    this.part("cancel").addEventListener("click", () => this.work?.abort());
    this.part("print").addEventListener("click", () => this.print());
    this.part("download").addEventListener("click", () => this.download());
    this.part("recenter").addEventListener("click", () => this.moveTo(null));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", (event) => this.onInput(event.target));
    this.preview.addEventListener("keydown", (event) => this.onKey(event));
    this.preview.addEventListener("pointerdown", (event) => this.onDrag(event));
    window.addEventListener("resize", () => this.refreshSoon());
  }

  /* Opening and closing */

  async open() {
    if (this.dialog.open) return;
    this.page.toolbar.putDown();
    this.dialog.showModal();
    this.center = null;
    this.fail("");
    this.field("grid").querySelector('[value="plane"]').disabled = !this.view.config.workingCrs;
    if (!this.view.config.workingCrs && this.field("grid").value === "plane") this.field("grid").value = "none";
    const work = this.begin("正在准备…");
    try {
      this.Sheet = await import("./print_sheet.js");
      this.facts = await this.Sheet.fetchFacts(this.view, work.signal);
    } catch (error) {
      this.end(work, error);
      return;
    }
    this.end(work);
    this.fill();
    await this.refresh();
  }

  onClose() {
    this.work?.abort();
    clearTimeout(this.timer);
    this.sheet = null;
    this.facts = null;
    this.forgetPrinted();
    this.button.focus();
  }

  /** What the form proposes where the user has not written anything else. */
  fill() {
    const propose = (name, text) => {
      const field = this.field(name);
      if (!field.value || field.value === field.dataset.proposed) field.value = text;
      field.dataset.proposed = text;
    };
    propose("title", this.Sheet.defaultTitle(this.view, this.facts));
    propose("unit", `${this.facts.district_name}自然资源和规划局`);
  }

  restore() {
    let kept = {};
    try {
      kept = JSON.parse(readText(KEPT) ?? "{}");
    } catch {
      // written by somebody else: start afresh
    }
    for (const name of KEPT_FIELDS) if (typeof kept[name] === "string") this.field(name).value = kept[name];
    for (const select of this.form.querySelectorAll("select")) if (select.selectedIndex < 0) select.selectedIndex = 0;
  }

  keep() {
    writeText(KEPT, JSON.stringify(Object.fromEntries(KEPT_FIELDS.map((name) => [name, this.field(name).value]))));
  }

  /* The choices */

  onInput(field) {
    this.part("typed").hidden = this.field("scale").value !== "typed";
    this.forgetPrinted();
    this.keep();
    if (field === this.field("scale") && field.value === "typed") this.field("denominator").focus();
    this.refreshSoon();
  }

  /** Null where the scale that was typed is none. */
  readScale() {
    const chosen = this.field("scale").value;
    this.part("scale-error").hidden = true;
    if (chosen === "fit" || chosen === "district") return { denominator: null };
    const typed = this.field("denominator");
    const denominator = parseDenominator(chosen === "typed" ? typed.value : chosen);
    const isMissing = chosen === "typed" && !typed.value.trim();
    const error = this.part("scale-error");
    error.hidden = denominator !== null || isMissing;
    error.textContent = error.hidden ? "" : "比例尺的分母应为 200 到 2 000 000 的整数，如 8000。";
    typed.setAttribute("aria-invalid", String(!error.hidden));
    return denominator === null ? null : { denominator };
  }

  get options() {
    const value = (name) => this.field(name).value.trim();
    return {
      paper: value("paper"),
      isLandscape: value("orientation") === "landscape",
      title: value("title"),
      subtitle: value("subtitle"),
      unit: value("unit"),
      remark: value("remark"),
      grid: value("grid"),
      hasLegend: this.field("legend").checked,
    };
  }

  /** The sheet as chosen; null where the scale is not yet one. */
  makeSheet() {
    const scale = this.readScale();
    if (!scale || !this.facts) return null;
    const { map, L, config } = this.view;
    const box = this.field("scale").value === "district" ? L.latLngBounds(config.bounds).pad(ROOM_AROUND) : map.getBounds();
    const bounds = { south: box.getSouth(), west: box.getWest(), north: box.getNorth(), east: box.getEast() };
    const center = this.center ?? (this.field("scale").value === "district" ? box.getCenter() : map.getCenter());
    return new this.Sheet.Sheet(this.view, this.facts, { ...this.options, ...scale }, { center, bounds });
  }

  /* Drawing */

  begin(words, { isLong = false } = {}) {
    this.work?.abort();
    const work = new AbortController();
    this.work = work;
    this.dialog.setAttribute("aria-busy", "true");
    this.part("cancel").hidden = !isLong;
    for (const name of ["print", "download"]) this.part(name).disabled = isLong;
    this.say(words);
    return work;
  }

  end(work, error = null) {
    if (this.work !== work) return;
    this.work = null;
    this.dialog.removeAttribute("aria-busy");
    this.part("cancel").hidden = true;
    for (const name of ["print", "download"]) this.part(name).disabled = false;
    if (error?.name === "AbortError") this.say("已取消。");
    else {
      this.say("");
      this.fail(error?.message ?? "");
    }
  }

  say(words) {
    this.part("status").textContent = words;
  }

  fail(message) {
    const line = this.part("error");
    line.textContent = message;
    line.hidden = !message;
  }

  refreshSoon() {
    if (!this.dialog.open) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), TYPING_MS);
  }

  /** Show the sheet as it will be, at the size there is room for. */
  async refresh() {
    clearTimeout(this.timer);
    const sheet = this.makeSheet();
    if (!sheet) return;
    const work = this.begin("正在绘制预览…");
    try {
      await sheet.arrange(work.signal);
      const pixelsPerMm = this.roomFor(sheet);
      await sheet.renderMap(pixelsPerMm, { signal: work.signal, onProgress: (words) => this.say(`预览：${words}`) });
      work.signal.throwIfAborted();
      this.sheet = sheet;
      this.pixelsPerMm = pixelsPerMm;
      sheet.paint(this.preview, pixelsPerMm);
      this.describe(sheet);
      this.end(work);
      if (sheet.warnings.length) this.fail(sheet.warnings.join(" "));
    } catch (error) {
      this.end(work, error);
    }
  }

  /** Pixels to a millimetre at which the whole sheet is seen; sets the preview's size on the screen. */
  roomFor(sheet) {
    const { page } = sheet.layout;
    const desk = this.part("desk");
    const style = getComputedStyle(desk);
    const across = desk.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const down = desk.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    this.screenPxPerMm = Math.min(across / page.width, down / page.height);
    this.preview.style.width = `${page.width * this.screenPxPerMm}px`;
    this.preview.style.height = `${page.height * this.screenPxPerMm}px`;
    return this.screenPxPerMm * Math.min(2, Math.max(1, window.devicePixelRatio));
  }

  describe(sheet) {
    const { ground, denominator } = sheet.frame;
    const size = `${scaleText(denominator)}，图幅 ${lengthText(Math.round(ground.width))} × ${lengthText(Math.round(ground.height))}`;
    this.part("extent").textContent = this.view.curtain ? `${size}。左右两侧同卷帘。` : size;
    this.part("recenter").hidden = this.center === null;
    this.preview.setAttribute("aria-label", `图纸预览：${sheet.options.title}，${scaleText(denominator)}。拖动或按方向键移动图面。`);
  }

  /* Moving the map under the frame */

  moveTo(center) {
    this.center = center;
    this.forgetPrinted();
    return this.refresh();
  }

  moveBy(x, y) {
    const { frame } = this.sheet;
    return this.moveTo(frame.toGround(frame.width / 2 + x, frame.height / 2 + y));
  }

  onKey(event) {
    const step = STEPS[event.key];
    if (!step || !this.sheet) return;
    event.preventDefault();
    this.moveBy(step[0] * STEP_MM, step[1] * STEP_MM);
  }

  onDrag(start) {
    if (start.button !== 0 || !this.sheet) return;
    const { sheet, preview } = this;
    preview.setPointerCapture(start.pointerId);
    preview.classList.add("is-dragged");
    let shift = { x: 0, y: 0 };
    const move = (event) => {
      shift = { x: (event.clientX - start.clientX) / this.screenPxPerMm, y: (event.clientY - start.clientY) / this.screenPxPerMm };
      sheet.paint(preview, this.pixelsPerMm, shift);
    };
    const stop = () => {
      preview.removeEventListener("pointermove", move);
      preview.classList.remove("is-dragged");
      if (shift.x || shift.y) this.moveBy(-shift.x, -shift.y);
    };
    preview.addEventListener("pointermove", move);
    preview.addEventListener("pointerup", stop, { once: true });
    preview.addEventListener("pointercancel", stop, { once: true });
  }

  /* What leaves the page */

  /**
   * The sheet in full resolution.
   * @returns {Promise<{blob: Blob, sheet: object} | null>} null where it was cancelled or failed
   */
  async render() {
    const sheet = this.makeSheet();
    if (!sheet) return null;
    clearTimeout(this.timer);
    const work = this.begin("正在出图…", { isLong: true });
    try {
      await sheet.arrange(work.signal);
      await sheet.renderMap(PIXELS_PER_MM, { signal: work.signal, onProgress: (words) => this.say(`出图：${words}`) });
      const canvas = document.createElement("canvas");
      sheet.paint(canvas, PIXELS_PER_MM);
      sheet.map = null;
      this.say("出图：正在生成图片…");
      const png = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
      work.signal.throwIfAborted();
      if (!png) throw new Error("浏览器内存不足，没有生成图片。请改用 A4 纸或关闭其他页面后重试。");
      this.end(work);
      this.made = sheet;
      if (sheet.warnings.length) this.fail(sheet.warnings.join(" "));
      return { blob: withResolution(png, PIXELS_PER_MM), sheet };
    } catch (error) {
      this.end(work, error);
      return null;
    }
  }

  async download() {
    const made = await this.render();
    if (!made) return;
    const address = URL.createObjectURL(made.blob);
    const link = Object.assign(document.createElement("a"), { href: address, download: made.sheet.fileName });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    this.say(`已保存：${made.sheet.fileName}`);
  }

  async print() {
    const made = await this.render();
    if (!made) return;
    await this.plain.holdPicture(made.blob, made.sheet.layout.page);
    window.print();
  }

  /** What was prepared for the printer no longer shows what is chosen. */
  forgetPrinted() {
    this.plain?.drop();
  }
}

export function attach(page) {
  page.printTool = new PrintTool(page);
}
