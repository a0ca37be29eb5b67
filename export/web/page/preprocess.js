// From a raw image to the input of a network, as the library's `preprocess` does it.

/**
 * @param {ArrayLike<number>} raw pixels row by row, one channel, size × size.
 * @param {number} size height and width of the raw image.
 * @param {{padding?: number, permutation?: number[], scale?: number|number[],
 *     offset?: number|number[]}} steps the file's `preprocessing`.
 * @returns {Float32Array} pixels of the input, row by row.
 */
export function preprocess(raw, size, steps) {
  const padded = pad(raw, size, steps.padding ?? 0);
  const order = steps.permutation;
  const scale = Math.fround(single(steps.scale ?? 1));
  const offset = Math.fround(single(steps.offset ?? 0));
  return Float32Array.from(padded, (value, i) => {
    const pixel = order ? padded[order[i]] : value;
    // Rounded after each step, as float32 arrays are.
    return Math.fround(pixel * scale) + offset;
  });
}

function pad(raw, size, padding) {
  if (!padding) return Float32Array.from(raw);
  const width = size + 2 * padding;
  const padded = new Float32Array(width * width);
  for (let row = 0; row < size; row++) {
    const start = (row + padding) * width + padding;
    for (let column = 0; column < size; column++) {
      padded[start + column] = raw[row * size + column];
    }
  }
  return padded;
}

function single(value) {
  return Array.isArray(value) ? value[0] : value;
}
