/** What of the map goes on which part of a frame: all of it, or under a curtain two pictures side by side. */

import { MM_PER_PX } from "./print_scale.js";
import { FONT } from "./print_text.js";

const NAME = { size: 12, pad: 5, top: 8 };

/**
 * @param {import("../map_view.js").MapView} view
 * @param {import("./print_scale.js").PaperFrame} frame
 * @returns {{stack: object, from: number, to: number, name: string}[]} from and to: millimetres from the frame's left
 */
export function sidesOf(view, frame) {
  const { curtain, map, stack } = view;
  if (!curtain) return [{ stack, from: 0, to: frame.width, name: "" }];
  // The line stands where it stands on the map, not in the middle of the paper.
  const { lat, lng } = map.containerPointToLatLng([curtain.share * map.getSize().x, map.getSize().y / 2]);
  const line = Math.max(0, Math.min(frame.width, frame.toPaper(lat, lng).x));
  const [left, right] = curtain.names;
  const sides = [{ stack, from: 0, to: line, name: left }, { stack: curtain.stack, from: line, to: frame.width, name: right }];
  return sides.filter(({ from, to }) => to > from);
}

/** Draw the line and what its sides are called; the context is scaled to CSS pixels. */
export function paintLine(context, sides, height) {
  if (sides.length < 2) return;
  const x = sides[1].from / MM_PER_PX;
  for (const [color, width] of [["#1d2733", 3], ["#ffffff", 1.4]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
  }
  context.font = `600 ${NAME.size}px ${FONT}`;
  context.textBaseline = "middle";
  sides.forEach(({ name }, i) => {
    const width = context.measureText(name).width + 2 * NAME.pad;
    const left = i ? x + NAME.top : x - NAME.top - width;
    context.fillStyle = "rgb(29 39 51 / 85%)";
    context.fillRect(left, NAME.top, width, NAME.size + 2 * NAME.pad);
    context.fillStyle = "#ffffff";
    context.textAlign = "left";
    context.fillText(name, left + NAME.pad, NAME.top + NAME.pad + NAME.size / 2);
  });
}
