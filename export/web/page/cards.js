// One card a task: a radio button, and a bar for each of its labels.

import { doubt, kilobytes, labelList, percent, taskTitle } from './text.js';

/** Adds a card for every task to the list. */
export function makeCards(list, tasks) {
  const template = document.getElementById('card');
  tasks.forEach((task, i) => {
    const card = template.content.cloneNode(true);
    card.querySelector('input').value = String(i);
    card.querySelector('.name').textContent = taskTitle(task);
    card.querySelector('.digits').textContent = labelList(task);
    card.querySelector('.size').textContent =
      `${kilobytes(task.bytes)}, ${task.quantization.replaceAll('_', ' ')}`;
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

/**
 * Fills the cards, or empties them where there are no answers.
 * @param {?object[]} answers one a task.
 * @param {number} chosen the task that is believed; -1 for none.
 */
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
