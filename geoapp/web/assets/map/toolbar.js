/** The tools above the map: one is in the hand at a time, and Escape puts it down. */

export class Toolbar {
  /**
   * @param {HTMLElement} root of the buttons
   * @param {HTMLElement} panels of the tools' own panels
   * @param {import("./map_view.js").MapView} view
   */
  constructor(root, panels, view) {
    this.root = root;
    this.panels = panels;
    this.view = view;
    this.tools = new Map();
    this.active = null;
    root.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.active && !event.defaultPrevented) {
        event.preventDefault();
        this.putDown();
      }
    });
  }

  /**
   * Make a button of the toolbar take up and put down a tool.
   * @param {string} name unique
   * @param {HTMLButtonElement} button
   * @param {{start: () => void, stop: () => void, panel?: HTMLElement, ownsClicks?: boolean}} tool
   *   ownsClicks: while it is active a click on the map chooses nothing
   */
  add(name, button, tool) {
    this.tools.set(name, { ...tool, button });
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => (this.active === name ? this.putDown() : this.takeUp(name)));
  }

  takeUp(name) {
    if (this.active === name) return;
    this.putDown();
    const tool = this.tools.get(name);
    this.active = name;
    tool.button.setAttribute("aria-pressed", "true");
    if (tool.panel) tool.panel.hidden = false;
    if (tool.ownsClicks) this.view.tool = name;
    tool.start();
  }

  putDown() {
    if (!this.active) return;
    const tool = this.tools.get(this.active);
    this.active = null;
    this.view.tool = null;
    tool.button.setAttribute("aria-pressed", "false");
    if (tool.panel) tool.panel.hidden = true;
    tool.stop();
  }

  /** Arrow keys, Home and End go through the buttons that are to be seen, as in every toolbar. */
  onKey(event) {
    if (!event.target.matches("button")) return;
    const buttons = [...this.root.querySelectorAll("button:not(:disabled)")].filter((button) => button.checkVisibility());
    const here = buttons.indexOf(event.target);
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    buttons.at(next % buttons.length).focus();
    event.preventDefault();
  }
}
