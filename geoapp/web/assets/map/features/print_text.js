/** Text set into a width: broken into lines, made smaller, or shortened. Pure functions but for the measuring. */

export const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif';
const ELLIPSIS = "…";
const TRIAL_PX = 100;
// Words and numbers stay whole; a closing mark stays with what it closes, an opening one with what it opens.
const PIECES = /[“（《〔【]*(?:[A-Za-z0-9°′″.,:/%_-]+|\s+|.)[，。；：、！？”）》〕】…]*/gsu;

/**
 * A function that tells how wide a text is.
 * @returns {(text: string, size: number, weight?: number) => number} in the unit of *size*
 */
export function textMeasure() {
  const context = document.createElement("canvas").getContext("2d");
  return (text, size, weight = 400) => {
    context.font = `${weight} ${TRIAL_PX}px ${FONT}`;
    return (context.measureText(text).width * size) / TRIAL_PX;
  };
}

/** The part of a text that fits into a width with an ellipsis behind it. */
export function shortened(text, width, widthOf) {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  while (characters.length && widthOf(characters.join("") + ELLIPSIS) > width) characters.pop();
  return characters.join("").trimEnd() + ELLIPSIS;
}

/**
 * A text as lines that are no wider than *width*; beyond *most* lines it is shortened.
 * @param {string} text line feeds begin a new line
 * @param {number} width
 * @param {(text: string) => number} widthOf
 * @param {number} [most]
 * @returns {string[]}
 */
export function wrapped(text, width, widthOf, most = Infinity) {
  const lines = text.split("\n").flatMap((paragraph) => wrappedParagraph(paragraph.trim(), width, widthOf));
  if (lines.length <= most) return lines;
  const last = shortened(lines.slice(most - 1).join(""), width, widthOf);
  return [...lines.slice(0, most - 1), last];
}

function wrappedParagraph(paragraph, width, widthOf) {
  const lines = [];
  let line = "";
  for (const piece of paragraph.match(PIECES) ?? []) {
    if (line && widthOf(line + piece.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    for (const part of broken(piece, width, widthOf)) {
      if (line && widthOf(line + part.trimEnd()) > width) {
        lines.push(line.trimEnd());
        line = "";
      }
      line += line ? part : part.trimStart();
    }
  }
  return line.trim() ? [...lines, line.trimEnd()] : lines;
}

/** A piece that is wider than a whole line, letter by letter. */
const broken = (piece, width, widthOf) => (widthOf(piece) > width ? [...piece] : [piece]);
