/** A tool with a panel of its own, in which the user may draw: what area, measure, nearby, goto and bookmarks share. */

import { Draw } from "./draw.js";
import { drawHint } from "./draw_hint.js";

export class PanelTool {
  /**
   * @param {import("../page.js").MapPage} page
   * @param {string} name of the button `<name>-tool` and of the panel `<name>-panel`
   */
  constructor(page, name) {
    this.page = page;
    this.view = page.view;
    this.name = name;
    this.draw = null;
    this.button = document.getElementById(`${name}-tool`);
    this.panel = document.getElementById(`${name}-panel`);
    this.part("close").addEventListener("click", () => {
      page.toolbar.putDown();
      this.button.focus();
    });
    page.toolbar.add(name, this.button, {
      panel: this.panel,
      start: () => {
        this.button.setAttribute("aria-expanded", "true");
        this.start();
      },
      stop: () => {
        this.button.setAttribute("aria-expanded", "false");
        this.setDraw(null);
        this.stop();
      },
    });
    this.button.setAttribute("aria-expanded", "false");
  }

  /** The tool was taken up. */
  start() {}

  /** The tool was put down. */
  stop() {}

  part(name) {
    return this.panel.querySelector(`[data-${name}]`);
  }

  parts(name) {
    return [...this.panel.querySelectorAll(`[data-${name}]`)];
  }

  /**
   * Let the user draw, or no longer. While something is drawn, clicks choose no plot.
   * @param {string | null} kind of shape
   * @param {(shape: object) => void} [onDone]
   */
  setDraw(kind, onDone) {
    this.draw?.stop();
    drawHint().place(kind ? this.panel : null);
    this.draw = kind ? new Draw(this.view, drawHint(), kind, onDone) : null;
    if (kind) this.view.tool = this.name;
    else if (this.view.tool === this.name) this.view.tool = null;
    this.draw?.start();
  }

  /** Let the user draw one shape. */
  drawOnce(kind, onDone) {
    this.setDraw(kind, (shape) => {
      this.setDraw(null);
      onDone(shape);
    });
  }

  press(buttons, pressed) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === pressed));
  }

  /** Say what went wrong in the panel; nothing takes it away. */
  warn(message = "") {
    const line = this.part("error");
    line.textContent = message;
    line.hidden = !message;
  }

  /** Do what asks the server; its refusal is shown in the panel. */
  async attempt(work) {
    this.warn();
    this.panel.setAttribute("aria-busy", "true");
    try {
      return await work();
    } catch (error) {
      if (error.name !== "AbortError") this.warn(error.message);
      return null;
    } finally {
      this.panel.removeAttribute("aria-busy");
    }
  }
}
