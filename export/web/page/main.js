// Wires the pad, the models and the view together.

import { EXAMPLES } from './examples.js';
import { Models } from './models.js';
import { Pad } from './pad.js';
import { rasterize } from './raster.js';
import { followTheme } from './theme.js';
import * as view from './view.js';

const element = (id) => document.getElementById(id);
const [status, list, panel] = ['status', 'tasks', 'result'].map(element);
const pad = new Pad(element('pad'), update);
followTheme(element('theme'), () => pad.draw());

let models = null;
let answers = null;
let latest = 0;

function pick() {
  return document.querySelector('input[name="task"]:checked').value;
}

async function update() {
  element('clear').disabled = element('undo').disabled = !pad.strokes.length;
  if (!models) return;
  const form = models.manifest.drawing;
  const raw = rasterize(pad.strokes, form);
  view.showRaw(element('seen'), raw, form);
  const mine = ++latest;
  const found = pad.strokes.length ? await models.infer(raw) : null;
  if (mine !== latest) return; // the drawing has gone on meanwhile
  answers = found;
  show();
}

function show() {
  const chosen = answers ? view.chosenTask(answers, pick()) : -1;
  view.showAnswers(list, answers, chosen);
  view.showResult(panel, models, answers, pick());
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

async function start() {
  const loaded = await Models.load((text) => {
    status.textContent = text;
  });
  models = loaded;
  view.makeCards(list, models);
  makeExamples();
  list.addEventListener('change', show);
  const bytes = models.tasks.reduce((sum, task) => sum + task.bytes, 0);
  element('facts').textContent =
    `${models.tasks.length} tasks of ${models.manifest.source.benchmark}, ` +
    `${(bytes / 1000).toFixed(0)} kB of networks in all.`;
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
