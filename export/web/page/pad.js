// The drawing pad: pointer events become strokes.

import { paint } from './raster.js';

// Width of the line on the pad, as a share of its side.
const PEN = 0.065;
// Points closer than this share of the side are the same point.
const STEP = 0.004;

/** Collects strokes drawn on a canvas; `onChange` is told after every one. */
export class Pad {
  #strokes = [];
  #pointer = null;

  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const name of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(name, (event) => this.#up(event));
    }
    // Also told once at the start.
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  get strokes() {
    return this.#strokes;
  }

  set strokes(strokes) {
    this.#strokes = strokes;
    this.draw();
    this.onChange();
  }

  clear() {
    this.strokes = [];
  }

  undo() {
    this.strokes = this.#strokes.slice(0, -1);
  }

  /** Paints everything anew, in the colours of the theme and at full resolution. */
  draw() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext('2d');
    context.strokeStyle = getComputedStyle(this.canvas).color;
    const scaled = this.#strokes.map((stroke) =>
      stroke.map(([x, y]) => [x * side, y * side]),
    );
    paint(context, scaled, PEN * side);
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      (event.clientX - box.left) / box.width,
      (event.clientY - box.top) / box.height,
    ];
  }

  #down(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes = [...this.#strokes, [this.#point(event)]];
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const stroke = this.#strokes.at(-1);
    // Between two frames a fast pen has been in more places than one.
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = this.#point(part);
      const [lastX, lastY] = stroke.at(-1);
      if (Math.hypot(x - lastX, y - lastY) >= STEP) stroke.push([x, y]);
    }
    this.draw();
    this.onChange();
  }

  #up(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.onChange();
  }
}
