/** Patterns laid over a class's colour, so that no class is told by colour alone. */

export const SIZE = 8;
const PATTERN_OPACITY = 0.45; // of the class's own
const FAINTEST = 0.6; // a faint fill's pattern is to be seen all the same

/** How strong a class's pattern is. */
export const patternOpacity = (look) => PATTERN_OPACITY * Math.max(FAINTEST, look.fill_opacity);

/** Draw one tile of a pattern. */
function drawTile(context, name, color) {
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  if (name === "dots") {
    context.arc(2, 2, 1, 0, 2 * Math.PI);
    context.arc(6, 6, 1, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  // Lines run past the edges, so that neighbouring tiles join.
  if (name === "diagonal" || name === "cross") {
    for (const start of [-SIZE, 0, SIZE]) {
      context.moveTo(start - 1, SIZE + 1);
      context.lineTo(start + SIZE + 1, -1);
    }
  }
  if (name === "cross") {
    for (const start of [-SIZE, 0, SIZE]) {
      context.moveTo(start - 1, -1);
      context.lineTo(start + SIZE + 1, SIZE + 1);
    }
  }
  if (name === "horizontal") {
    context.moveTo(0, 4.5);
    context.lineTo(SIZE, 4.5);
  }
  if (name === "vertical") {
    context.moveTo(4.5, 0);
    context.lineTo(4.5, SIZE);
  }
  context.stroke();
}

/**
 * A pattern as a picture.
 * @param {string} name diagonal, cross, horizontal, vertical or dots
 * @param {string} color
 * @param {number} ratio pixels of the picture to one of the map
 * @returns {HTMLCanvasElement}
 */
export function patternPicture(name, color, ratio) {
  const picture = document.createElement("canvas");
  picture.width = picture.height = Math.round(SIZE * ratio);
  const context = picture.getContext("2d");
  context.scale(picture.width / SIZE, picture.height / SIZE);
  drawTile(context, name, color);
  return picture;
}

const patterns = new Map();

/**
 * The canvas pattern of a name and colour, made once for each ratio.
 * @returns {CanvasPattern}
 */
export function patternFor(context, name, color, ratio) {
  const key = `${name} ${color} ${ratio}`;
  if (!patterns.has(key)) {
    const picture = patternPicture(name, color, ratio);
    const pattern = context.createPattern(picture, "repeat");
    pattern.setTransform(new DOMMatrix().scale(SIZE / picture.width));
    patterns.set(key, pattern);
  }
  return patterns.get(key);
}
