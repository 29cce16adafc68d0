/** Somebody else saved first: both versions, on the map and field by field as the form has them, and a choice. */

import { areaWords } from "../../area_unit.js";
import { el } from "../../page.js";

const UNCHANGED = "没有改";

/** Areas of the shape as it was, the other's and one's own; of lines and points whether they were moved. */
function shapeLine(theirs, mine) {
  const words = (area) => (area ? areaWords(area) : "—");
  if (!theirs.area_m2) return ["图形", "—", theirs.is_moved ? "改了" : UNCHANGED, "您画的"];
  return ["图形", words(theirs.base_area_m2), theirs.is_moved ? words(theirs.area_m2) : UNCHANGED, mine];
}

export class EditConflict {
  /**
   * @param {HTMLElement} root
   * @param {(theirs: object) => void} onTakeTheirs
   * @param {(theirs: object) => void} onKeepMine
   */
  constructor(root, onTakeTheirs, onKeepMine) {
    this.root = root;
    this.theirs = null;
    this.part("take-theirs").addEventListener("click", () => onTakeTheirs(this.theirs));
    this.part("keep-mine").addEventListener("click", () => onKeepMine(this.theirs));
  }

  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  hide() {
    this.root.hidden = true;
  }

  /**
   * @param {object} theirs the version that holds now
   * @param {string} mine area of the own shape, in words
   */
  show(theirs, mine) {
    this.theirs = theirs;
    const reason = theirs.reason ? `（${theirs.reason}）` : "";
    const shapes = theirs.geometry ? "地图上蓝色虚线是对方的图形，红色是您的。" : "";
    this.part("conflict-words").textContent = `${theirs.user} 于 ${theirs.made_on} 存了第 ${theirs.version} 次修订${reason}。${shapes}${this.advice(theirs)}`;
    const head = ["", "您打开时", "对方", "您的"];
    const fields = theirs.fields.map((line) => [line.label, line.base, line.theirs, line.is_both ? line.mine : UNCHANGED]);
    this.part("conflict-fields").replaceChildren(
      el("thead", {}, el("tr", {}, ...head.map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, ...[shapeLine(theirs, mine), ...fields].map(([label, ...cells]) =>
        el("tr", {}, el("th", { scope: "row" }, label), ...cells.map((words) => el("td", {}, words))))),
    );
    this.part("keep-mine").hidden = theirs.is_new;
    this.part("take-theirs").textContent = theirs.is_new ? "看对方的记录" : "用对方的";
    this.root.hidden = false;
  }

  /** What comes of the choice. */
  advice({ is_new: isNew, fields }) {
    if (isNew) return "这个编号已有记录：换一个编号再保存，或看对方的记录。";
    return fields.length ? "再保存时下列属性都用对方的。" : "对方没有改属性。";
  }
}
