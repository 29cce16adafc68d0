/** Somebody else saved first: both versions on the map, and a choice. */

import { areaWords } from "../../area_unit.js";

export class EditConflict {
  /**
   * @param {HTMLElement} root
   * @param {() => void} onTakeTheirs
   * @param {(theirs: object) => void} onKeepMine
   */
  constructor(root, onTakeTheirs, onKeepMine) {
    this.root = root;
    this.theirs = null;
    root.querySelector("[data-take-theirs]").addEventListener("click", () => onTakeTheirs(this.theirs));
    root.querySelector("[data-keep-mine]").addEventListener("click", () => onKeepMine(this.theirs));
  }

  hide() {
    this.root.hidden = true;
  }

  /** @param {object} theirs the version that holds now */
  show(theirs) {
    this.theirs = theirs;
    const area = theirs.area_m2 ? `，面积 ${areaWords(theirs.area_m2)}` : "";
    const reason = theirs.reason ? `（${theirs.reason}）` : "";
    this.root.querySelector("[data-conflict-words]").textContent =
      `${theirs.user} 存了第 ${theirs.version} 次修订${reason}${area}。地图上蓝色虚线是对方的图形，红色是您的。`;
    this.root.hidden = false;
  }
}
