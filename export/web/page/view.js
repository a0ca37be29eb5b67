// What the page shows: one card a task, and the answer.

import { leastInDoubt } from './decide.js';

export const AUTOMATIC = 'automatic';
// Two tasks whose doubt differs by less than this many bits are a close call.
const CLOSE = 0.05;

const number = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** "97.8%"; what rounds to certainty or to nothing is not called so. */
export function percent(p) {
  if (p > 0.9995) return '> 99.9%';
  return p < 0.0005 ? '< 0.1%' : number.format(p);
}

/** "0, 1" for the labels of a task. */
export function labelList(task) {
  return task.labels.map((label) => label.name).join(', ');
}

/** A card per task: a radio button, and a bar for each of its labels. */
export function makeCards(list, models) {
  const template = document.getElementById('card');
  models.tasks.forEach((task, i) => {
    const card = template.content.cloneNode(true);
    card.querySelector('input').value = String(i);
    card.querySelector('.name').textContent = `Task ${task.task.index}`;
    card.querySelector('.digits').textContent = labelList(task);
    card.querySelector('.size').textContent =
      `${(task.bytes / 1000).toFixed(1)} kB, ${task.quantization.replaceAll('_', ' ')}`;
    const bars = card.querySelector('.bars');
    bars.replaceChildren(...task.labels.map((label) => bar(label.name)));
    list.append(card);
  });
}

function bar(name) {
  const row = document.getElementById('bar').content.cloneNode(true);
  row.querySelector('dt').textContent = name;
  return row;
}

function doubt(bits) {
  return bits < 0.0005 ? 'doubt < 0.001 bit' : `doubt ${bits.toFixed(3)} bit`;
}

/** Fills the cards with answers, or empties them where there are none. */
export function showAnswers(list, answers, chosen) {
  list.querySelectorAll('.card').forEach((card, i) => {
    const answer = answers?.[i];
    card.classList.toggle('chosen', i === chosen);
    card.querySelector('.doubt').textContent = answer ? doubt(answer.entropy) : '';
    card.querySelectorAll('dd').forEach((row, label) => {
      const p = answer?.probabilities[label] ?? 0;
      row.classList.toggle('best', label === answer?.best);
      row.style.setProperty('--p', p);
      row.querySelector('.value').textContent = answer ? percent(p) : '';
    });
  });
}

/** Which task is believed: the one picked, or the one least in doubt. */
export function chosenTask(answers, pick) {
  return pick === AUTOMATIC ? leastInDoubt(answers) : Number(pick);
}

/** Shows the prediction, with a sentence that says where it comes from. */
export function showResult(panel, models, answers, pick) {
  panel.classList.toggle('empty', !answers);
  const [digit, sentence] = answers
    ? result(models, answers, pick)
    : ['?', 'Draw a digit, or choose an example.'];
  panel.querySelector('.digit').textContent = digit;
  panel.querySelector('.sentence').textContent = sentence;
  panel.querySelector('.cost').textContent = answers ? cost(answers) : '';
}

function result(models, answers, pick) {
  const chosen = chosenTask(answers, pick);
  const [task, answer] = [models.tasks[chosen], answers[chosen]];
  const name = task.labels[answer.best].name;
  const sure = percent(answer.probabilities[answer.best]);
  const who = `Task ${task.task.index} (${labelList(task)})`;
  const why =
    pick === AUTOMATIC
      ? `${who} is least in doubt, and ${sure} sure.${closeCall(models, answers, chosen)}`
      : `${who} was picked, and is ${sure} sure.`;
  return [name, why];
}

function closeCall(models, answers, chosen) {
  const near = answers.flatMap((answer, i) =>
    i !== chosen && answer.entropy - answers[chosen].entropy < CLOSE
      ? [models.tasks[i].task.index]
      : [],
  );
  if (!near.length) return '';
  const others = near.length > 1 ? `tasks ${near.join(', ')} are` : `task ${near[0]} is`;
  return ` A close call: ${others} nearly as sure.`;
}

function cost(answers) {
  const total = answers.reduce((sum, answer) => sum + answer.milliseconds, 0);
  return `${answers.length} networks answered in ${total.toFixed(1)} ms, in this tab.`;
}

/** Paints what the networks see, enlarged by the style sheet. */
export function showRaw(canvas, raw, form) {
  canvas.width = canvas.height = form.size;
  const context = canvas.getContext('2d');
  const image = context.createImageData(form.size, form.size);
  raw.forEach((value, i) => {
    const grey = (255 * value) / form.levels;
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
