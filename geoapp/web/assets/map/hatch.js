/** Patterns laid over a class's colour, so that no class is told by colour alone. */

const SIZE = 8;

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
  context.stroke();
}

const patterns = new Map();

/**
 * The canvas pattern of a name and colour, made once.
 * @returns {CanvasPattern}
 */
function patternFor(context, name, color) {
  const key = `${name} ${color}`;
  if (!patterns.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = SIZE;
    drawTile(tile.getContext("2d"), name, color);
    patterns.set(key, context.createPattern(tile, "repeat"));
  }
  return patterns.get(key);
}

/** A Leaflet canvas that also draws `options.pattern` over a filled shape. */
export function hatchCanvas(L, options) {
  const Canvas = L.Canvas.extend({
    _fillStroke(context, layer) {
      const { pattern, fill, fillOpacity, color } = layer.options;
      if (pattern && fill) {
        // Leaflet fills and strokes the current path; the pattern goes between the two.
        const stroked = layer.options.stroke;
        layer.options.stroke = false;
        L.Canvas.prototype._fillStroke.call(this, context, layer);
        layer.options.stroke = stroked;
        context.globalAlpha = Math.min(1, fillOpacity) * 0.45;
        context.fillStyle = patternFor(context, pattern, color);
        context.fill(layer.options.fillRule || "evenodd");
        layer.options.fill = false;
        L.Canvas.prototype._fillStroke.call(this, context, layer);
        layer.options.fill = fill;
        return;
      }
      L.Canvas.prototype._fillStroke.call(this, context, layer);
    },
  });
  return new Canvas(options);
}
