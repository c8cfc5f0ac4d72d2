/** What logits mean for each kind of head, in plain arithmetic: probabilities or numbers, and the loss of a target. */
import type { Task } from '../../models/architectures/task.ts';

/** Class id, or a number for each label. */
export type Target = number | Float32Array;

export type Objective = 'single' | 'multi' | 'regression';

export const objectiveOf = (task: Task): Objective => (task.kind === 'classification' ? task.problem : 'single');

/** Logits [rows, labels] to probabilities by softmax or sigmoid; numbers stay what they are. */
export function outputsOf(objective: Objective, logits: Float32Array, labels: number): Float32Array {
  if (objective === 'regression') return logits;
  if (objective === 'multi') return logits.map((v) => 1 / (1 + Math.exp(-v)));
  const result = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += labels) {
    const row = logits.subarray(at, at + labels);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const exponents = Array.from(row, (v) => Math.exp(v - most));
    const sum = exponents.reduce((a, b) => a + b, 0);
    for (const [i, e] of exponents.entries()) result[at + i] = e / sum;
  }
  return result;
}

const TINY = 1e-12;
const crossEntropy = (probability: number) => -Math.log(Math.max(probability, TINY));

/** Loss of each row as in training, from outputs [rows, labels]. */
export function lossesOf(objective: Objective, outputs: Float32Array, targets: readonly Target[]): Float64Array {
  const labels = targets.length === 0 ? 0 : outputs.length / targets.length;
  return Float64Array.from(targets, (target, row) => {
    if (typeof target === 'number') return crossEntropy(outputs[row * labels + target]);
    let sum = 0;
    for (let c = 0; c < labels; c++) {
      const output = outputs[row * labels + c];
      if (objective === 'regression') sum += (output - target[c]) ** 2;
      else sum += target[c] * crossEntropy(output) + (1 - target[c]) * crossEntropy(1 - output);
    }
    return sum / labels;
  });
}
