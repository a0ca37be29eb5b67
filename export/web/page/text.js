// Numbers and names as the page writes them.

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

/** "doubt 0.021 bit" for an entropy. */
export function doubt(bits) {
  return bits < 0.0005 ? 'doubt < 0.001 bit' : `doubt ${bits.toFixed(3)} bit`;
}

/** The name of a task; "Task 3" for one that was given none. */
export function taskTitle(task) {
  const { index, name } = task.task;
  const given = name && name !== `task_${String(index).padStart(2, '0')}`;
  return given ? name : `Task ${index}`;
}

/** "0, 1" for the labels of a task. */
export function labelList(task) {
  return task.labels.map((label) => label.name).join(', ');
}

/** "36.7 kB". */
export function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
