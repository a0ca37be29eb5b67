// A digit of each kind as pen strokes, for those who cannot or do not want to draw.

// Points of an arc around [x, y], angles in turns, clockwise from the right.
function arc(x, y, radiusX, radiusY, from, to, steps = 24) {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

// Points on straight lines between corners.
function line(...corners) {
  return corners.slice(1).flatMap(([x, y], i) => {
    const [fromX, fromY] = corners[i];
    return Array.from({ length: 13 }, (_, j) => [
      fromX + ((x - fromX) * j) / 12,
      fromY + ((y - fromY) * j) / 12,
    ]);
  });
}

/** `EXAMPLES[d]`: strokes of the digit d, in 0..1 of the pad. */
export const EXAMPLES = [
  [arc(0.5, 0.5, 0.2, 0.3, -0.3, 0.72, 40)],
  [line([0.53, 0.2], [0.48, 0.8])],
  [
    [
      ...arc(0.49, 0.36, 0.18, 0.16, -0.48, 0.06),
      ...line([0.66, 0.42], [0.3, 0.79], [0.72, 0.77]),
    ],
  ],
  [
    [
      ...arc(0.47, 0.35, 0.17, 0.15, -0.42, 0.22),
      ...arc(0.47, 0.645, 0.19, 0.155, -0.24, 0.42),
    ],
  ],
  [line([0.35, 0.2], [0.3, 0.54], [0.68, 0.52]), line([0.64, 0.26], [0.6, 0.82])],
  [
    [
      ...line([0.68, 0.21], [0.4, 0.22], [0.36, 0.47]),
      ...arc(0.47, 0.625, 0.2, 0.18, -0.35, 0.4),
    ],
  ],
  [
    [
      ...line([0.58, 0.19], [0.42, 0.4], [0.33, 0.6]),
      ...arc(0.49, 0.65, 0.165, 0.15, -0.5, 0.49, 32),
    ],
  ],
  [line([0.29, 0.23], [0.7, 0.22], [0.46, 0.81])],
  [
    [
      ...arc(0.5, 0.35, 0.15, 0.15, 0.25, 1.25, 28),
      ...arc(0.5, 0.65, 0.18, 0.15, -0.25, 0.75, 32),
    ],
  ],
  [
    [
      ...arc(0.48, 0.36, 0.165, 0.155, -0.04, -1.0, 32),
      ...line([0.645, 0.36], [0.6, 0.81]),
    ],
  ],
];
