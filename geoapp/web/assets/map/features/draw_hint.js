/** The line under the toolbar that says what to do next while something is drawn. */

export class DrawHint {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.words = root.querySelector("[data-words]");
    this.steps = root.querySelector("[data-steps]");
    this.draw = null;
    this.home = root.parentElement;
    root.querySelector("[data-finish]").addEventListener("click", () => this.draw?.finish());
    root.querySelector("[data-undo]").addEventListener("click", () => this.draw?.undo());
  }

  /** Stand in a tool's own panel, under its head; without one, under the toolbar. */
  place(panel) {
    const head = panel?.querySelector(".tool-panel-head");
    if (head) head.after(this.root);
    else this.home.append(this.root);
  }

  /**
   * @param {string} words
   * @param {import("./draw.js").Draw | null} [draw] has corners to undo and to finish
   */
  show(words, draw = null) {
    this.draw = draw;
    this.words.textContent = words;
    this.root.classList.remove("is-warning");
    this.steps.hidden = !draw;
    this.root.hidden = false;
  }

  warn(words) {
    this.words.textContent = words;
    this.root.classList.add("is-warning");
    this.root.hidden = false;
  }

  hide() {
    this.root.hidden = true;
    this.draw = null;
  }
}

let shared = null;

/** The page's one hint line. */
export function drawHint() {
  shared ??= new DrawHint(document.getElementById("draw-hint"));
  return shared;
}
