// From pen strokes to a raw image, framed as the data set frames its digits.

// The strokes are drawn anew at this many times the resolution, then averaged.
const FINE = 10;
// A drawing smaller than this share of the pad is a dot or a comma: it is not
// blown up to the size of a digit.
const SMALLEST = 0.12;

/** The rectangle around all points, or null where there is none. */
export function bounds(strokes) {
  const points = strokes.flat();
  if (!points.length) return null;
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  return { left, top, width: right - left, height: bottom - top };
}

/** Draws strokes as smooth lines with round ends. */
export function paint(context, strokes, width) {
  context.lineWidth = width;
  context.lineCap = context.lineJoin = 'round';
  for (const stroke of strokes) {
    const [first, ...rest] = stroke;
    context.beginPath();
    context.moveTo(...first);
    // Through the middle of each pair of points, bending at the points themselves.
    rest.forEach(([x, y], i) => {
      const [nextX, nextY] = rest[i + 1] ?? [x, y];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    });
    if (!rest.length) context.lineTo(...first);
    context.stroke();
  }
}

/**
 * @param {number[][][]} strokes lists of [x, y], in 0..1 of the pad.
 * @param {{size: number, box: number, pen: number, mass: ?number, levels: number}}
 *     form the data set's framing.
 * @returns {Uint8Array} size × size pixels from 0 to `levels`.
 */
export function rasterize(strokes, form) {
  const box = bounds(strokes);
  if (!box) return new Uint8Array(form.size ** 2);
  const side = form.size * FINE;
  const span = Math.max(box.width, box.height, SMALLEST);
  const scale = ((form.box - form.pen) * FINE) / span;
  const moved = strokes.map((stroke) =>
    stroke.map(([x, y]) => [
      side / 2 + (x - box.left - box.width / 2) * scale,
      side / 2 + (y - box.top - box.height / 2) * scale,
    ]),
  );
  const ink = drawn(moved, side, form.pen * FINE);
  const [dx, dy] = form.mass === null ? [0, 0] : massOffset(ink, side, form.mass);
  return averaged(ink, side, dx, dy, form);
}

function drawn(strokes, side, width) {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  paint(context, strokes, width);
  const { data } = context.getImageData(0, 0, side, side);
  return Float32Array.from({ length: side * side }, (_, i) => data[4 * i + 3] / 255);
}

// How far the centre of mass lies from where it belongs, in whole fine pixels.
function massOffset(ink, side, mass) {
  let [total, x, y] = [0, 0, 0];
  ink.forEach((value, i) => {
    total += value;
    x += value * ((i % side) + 0.5);
    y += value * (Math.floor(i / side) + 0.5);
  });
  return [x, y].map((sum) => Math.round(sum / total - mass * FINE));
}

function averaged(ink, side, dx, dy, form) {
  const sums = new Float32Array(form.size ** 2);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [fromX, fromY] = [x + dx, y + dy];
      if (fromX < 0 || fromY < 0 || fromX >= side || fromY >= side) continue;
      const target = Math.floor(y / FINE) * form.size + Math.floor(x / FINE);
      sums[target] += ink[fromY * side + fromX];
    }
  }
  return Uint8Array.from(sums, (sum) => Math.round((sum / FINE ** 2) * form.levels));
}
