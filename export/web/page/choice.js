// Whom to believe, and a sentence that says why.

import { leastInDoubt } from './decide.js';
import { labelList, percent, taskTitle } from './text.js';

export const ROUTER = 'router';
export const ENTROPY = 'entropy';
// Two tasks whose doubt differs by less than this many bits are a close call.
const CLOSE = 0.05;

/**
 * @param {object[]} tasks of the manifest.
 * @param {object} found what `Models.infer` returned.
 * @param {string} pick `ROUTER`, `ENTROPY`, or the place of a task.
 * @returns {{task: number, name: string, sentence: string}}
 */
export function choose(tasks, { answers, routed }, pick) {
  if (pick === ROUTER) return byRouter(tasks, routed);
  const chosen = pick === ENTROPY ? leastInDoubt(answers) : Number(pick);
  const answer = answers[chosen];
  const sure = percent(answer.probabilities[answer.best]);
  const why =
    pick === ENTROPY
      ? `is least in doubt, and ${sure} sure.${closeCall(tasks, answers, chosen)}`
      : `was picked, and is ${sure} sure.`;
  return made(tasks, chosen, answer.best, why);
}

function byRouter(tasks, { task, best, confidence, abstains }) {
  const sure = `was chosen by the router, ${percent(confidence)} sure.`;
  const doubts = ' That is too little: it would rather not answer.';
  return made(tasks, task, best, abstains ? sure + doubts : sure);
}

function made(tasks, chosen, best, why) {
  const task = tasks[chosen];
  return {
    task: chosen,
    name: task.labels[best].name,
    sentence: `${taskTitle(task)} (${labelList(task)}) ${why}`,
  };
}

function closeCall(tasks, answers, chosen) {
  const near = answers.flatMap((answer, i) =>
    i !== chosen && answer.entropy - answers[chosen].entropy < CLOSE
      ? [tasks[i].task.index]
      : [],
  );
  if (!near.length) return '';
  const others = near.length > 1 ? `tasks ${near.join(', ')} are` : `task ${near[0]} is`;
  return ` A close call: ${others} nearly as sure.`;
}
