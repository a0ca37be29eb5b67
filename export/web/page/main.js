// Wires the pad, the models and what is shown together.

import { makeCards, showAnswers } from './cards.js';
import { ROUTER, choose } from './choice.js';
import { EXAMPLES } from './examples.js';
import { Models } from './models.js';
import { Pad } from './pad.js';
import { rasterize } from './raster.js';
import { kilobytes } from './text.js';
import { followTheme } from './theme.js';

const element = (id) => document.getElementById(id);
const [status, list, panel] = ['status', 'tasks', 'result'].map(element);
const pad = new Pad(element('pad'), update);
followTheme(element('theme'), () => pad.draw());

let models = null;
let found = null;
let latest = 0;

async function update() {
  element('clear').disabled = element('undo').disabled = !pad.strokes.length;
  if (!models) return;
  const form = models.manifest.drawing;
  const raw = rasterize(pad.strokes, form);
  showRaw(element('seen'), raw, form);
  const mine = ++latest;
  const answered = pad.strokes.length ? await models.infer(raw) : null;
  if (mine !== latest) return; // the drawing has gone on meanwhile
  found = answered;
  show();
}

function show() {
  const pick = document.querySelector('input[name="task"]:checked').value;
  const choice = found && choose(models.tasks, found, pick);
  showAnswers(list, found?.answers, choice ? choice.task : -1);
  panel.classList.toggle('empty', !choice);
  panel.querySelector('.digit').textContent = choice?.name ?? '?';
  panel.querySelector('.sentence').textContent =
    choice?.sentence ?? 'Draw a digit, or choose an example.';
  panel.querySelector('.cost').textContent = found
    ? `All networks answered within ${found.milliseconds.toFixed(1)} ms, in this tab.`
    : '';
}

// What the networks see, enlarged by the style sheet.
function showRaw(canvas, raw, form) {
  canvas.width = canvas.height = form.size;
  const context = canvas.getContext('2d');
  const image = context.createImageData(form.size, form.size);
  raw.forEach((value, i) => {
    const grey = (255 * value) / form.levels;
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

function makeExamples() {
  const known = new Set(models.tasks.flatMap((task) => task.labels.map((l) => l.name)));
  EXAMPLES.forEach((strokes, digit) => {
    if (!known.has(String(digit))) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = digit;
    button.setAttribute('aria-label', `Draw an example of ${digit}`);
    button.addEventListener('click', () => {
      pad.strokes = structuredClone(strokes);
    });
    element('examples').append(button);
  });
}

function offerRouter() {
  if (!models.router) return;
  list.querySelector('legend').after(element('router').content.cloneNode(true));
  const { bytes } = models.manifest.router;
  list.querySelector(`[value="${ROUTER}"] ~ .digits`).textContent =
    `one more file, ${kilobytes(bytes)}, that says task and digit`;
}

async function start() {
  models = await Models.load((text) => {
    status.textContent = text;
  });
  offerRouter();
  makeCards(list, models.tasks);
  makeExamples();
  list.addEventListener('change', show);
  const bytes = models.tasks.reduce((sum, task) => sum + task.bytes, 0);
  element('facts').textContent =
    `${models.tasks.length} tasks of ${models.manifest.source.benchmark}, ` +
    `${kilobytes(bytes)} of networks in all.`;
  status.textContent = '';
  document.body.dataset.state = 'ready';
  show();
  await update();
  return models;
}

element('clear').addEventListener('click', () => pad.clear());
element('undo').addEventListener('click', () => pad.undo());

/** Resolves to the models once the page is ready. */
export const ready = start();
ready.catch((error) => {
  document.body.dataset.state = 'failed';
  status.textContent = `The page cannot work: ${error.message}`;
});
