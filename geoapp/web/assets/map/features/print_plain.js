/** What the browser's own print command gives: the sheet while its dialog is open, else the map as it is seen. */

const MM_PX = 96 / 25.4;
const PLAIN = { width: (297 - 22) * MM_PX, height: (210 - 34) * MM_PX }; // A4 landscape between its margins, below the title

class PrintedPage {
  /** @param {object} tool the dialog */
  constructor(tool) {
    this.tool = tool;
    this.root = document.createElement("div");
    this.root.id = "print-sheet";
    this.picture = document.createElement("img");
    this.picture.alt = "";
    this.draft = document.createElement("canvas"); // the preview, where the picture is not ready
    this.root.append(this.picture, this.draft);
    document.body.append(this.root);
    this.rules = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.rules];
    window.addEventListener("beforeprint", () => this.prepare());
    window.addEventListener("afterprint", () => this.restore());
  }

  /** Keep a picture of the sheet ready until something else is chosen. */
  async holdPicture(blob, page) {
    this.drop();
    this.address = URL.createObjectURL(blob);
    this.picture.src = this.address;
    this.picture.alt = document.getElementById("print-preview").getAttribute("aria-label");
    await this.picture.decode();
    this.show(this.picture, page);
  }

  show(node, { width, height }) {
    for (const child of this.root.children) child.classList.toggle("is-current", child === node);
    document.body.classList.add("prints-sheet");
    // A hair less than the page, or a second, empty one would follow.
    this.rules.replaceSync(
      `@page { size: ${width}mm ${height}mm; margin: 0 } @media print { #print-sheet > * { width: ${width}mm; height: ${height - 0.2}mm } }`,
    );
  }

  drop() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
    this.picture.removeAttribute("src");
    document.body.classList.remove("prints-sheet");
    this.rules.replaceSync("");
  }

  /** The browser is about to print. */
  prepare() {
    if (this.address) return;
    const { sheet, preview, dialog } = this.tool;
    if (dialog.open && sheet) {
      this.draft.width = preview.width;
      this.draft.height = preview.height;
      this.draft.getContext("2d").drawImage(preview, 0, 0);
      this.show(this.draft, sheet.layout.page);
      return;
    }
    this.fixMap();
  }

  /** Leaflet has laid out the map for the screen: it keeps that size and is made smaller as a whole. */
  fixMap() {
    const container = this.tool.view.map.getContainer();
    const { width, height } = container.getBoundingClientRect();
    const share = Math.min(1, PLAIN.width / width, PLAIN.height / height);
    this.rules.replaceSync(`
      @page { size: A4 landscape; margin: 10mm }
      @media print {
        .map-stage { width: ${Math.floor(width * share)}px; height: ${Math.floor(height * share)}px }
        .map-stage > .district-map { inset: 0 auto auto 0; width: ${width}px; height: ${height}px; transform: scale(${share}) }
      }`);
  }

  restore() {
    if (!this.address) this.drop();
  }
}

/** @param {object} tool the dialog; gets a `plain` */
export function attachPlainPrint(tool) {
  tool.plain = new PrintedPage(tool);
}
