// What logits say: probabilities, doubt, and which task to believe.

/** Softmax in double precision. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Entropy in bits: 0 for no doubt, log2(classes) for pure guessing. */
export function entropy(probabilities) {
  return probabilities.reduce(
    (sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum),
    0,
  );
}

/** The index of the largest value. */
export function argmax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

/** The index of the answer that is least in doubt (the paper's criterion). */
export function leastInDoubt(answers) {
  return argmax(answers.map((answer) => -answer.entropy));
}
