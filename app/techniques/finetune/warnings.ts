/** What the curves of a training say in words: that it diverges, that it learns by heart, that it learns nothing. */
import { mean } from '../../evaluate/statistics.ts';
import { bestOf, type Evaluation } from './early-stopping.ts';

export interface Curves {
  /** Of each step. */
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
  /** On held-out rows. */
  readonly evaluations: readonly Evaluation[];
  /** Steps of the whole run. */
  readonly steps: number;
}

export interface TrainingWarning {
  readonly kind: 'divergence' | 'overfitting' | 'no-learning';
  readonly text: string;
}

/** Steps that one mean goes over: single losses jump with their rows. */
const WINDOW = 10;
/** Nats by which a mean has to rise, and times its lowest, before it counts as diverging. */
const RISE = 0.5;
const RISE_FACTOR = 1.25;
/** Share by which held-out loss has to rise over its lowest, in two measurements one after the other. */
const WORSE = 0.01;
/** Steps after which a loss should have moved, and the share of it that counts as moving. */
const PATIENT_STEPS = 30;
const MOVED = 0.01;
/** Below this there is nothing left to learn. */
const LEARNT = 0.05;

const highest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
const short = (value: number): string => value.toFixed(value < 0.1 ? 4 : 2);

/** All that can be said of a run so far, the gravest first. */
export function trainingWarnings(curves: Curves): TrainingWarning[] {
  return [divergence(curves), overfitting(curves), noLearning(curves)].filter((warning) => warning !== undefined);
}

function divergence({ losses, learningRates }: Curves): TrainingWarning | undefined {
  if (losses.length < 2 * WINDOW) return undefined;
  let sum = 0;
  let now = 0;
  let [lowest, step] = [Number.POSITIVE_INFINITY, 0];
  losses.forEach((loss, i) => {
    sum += loss - (losses[i - WINDOW] ?? 0);
    if (i + 1 < WINDOW) return;
    now = sum / WINDOW;
    if (now < lowest) [lowest, step] = [now, i + 1];
  });
  if (now < lowest * RISE_FACTOR || now < lowest + RISE) return undefined;
  return {
    kind: 'divergence',
    text: `The loss rises: it was ${short(lowest)} around step ${step} and is ${short(now)} now. Use a lower learning rate than ${highest(learningRates)} or more warm-up steps.`,
  };
}

function overfitting({ losses, evaluations }: Curves): TrainingWarning | undefined {
  const best = bestOf(evaluations);
  if (!best) return undefined;
  const later = evaluations.filter(({ step }) => step > best.step);
  const [first, second] = later.slice(-2);
  if (!second || [first, second].some(({ loss }) => loss < best.loss * (1 + WORSE))) return undefined;
  const around = (step: number) => mean(losses.slice(Math.max(0, step - WINDOW), step));
  const [then, now] = [around(best.step), around(losses.length)];
  if (now >= then) return undefined;
  return {
    kind: 'overfitting',
    text: `The model learns its rows by heart: since step ${best.step} the loss on held-out rows has risen from ${short(best.loss)} to ${short(second.loss)} while that of training fell from ${short(then)} to ${short(now)}. Train for fewer epochs, or on more data.`,
  };
}

function noLearning({ losses, learningRates, evaluations, steps }: Curves): TrainingWarning | undefined {
  // A short run is judged at its end, a long one as soon as it should have moved.
  const enough = Math.min(Math.max(WINDOW, steps), PATIENT_STEPS);
  if (losses.length < enough || losses.length < 2) return undefined;
  const size = Math.max(1, Math.min(WINDOW, losses.length >> 1));
  const [first, last] = [mean(losses.slice(0, size)), mean(losses.slice(-size))];
  const [start, ...measured] = evaluations;
  // Held-out rows are the same each time: where there are any, they tell better than rows that change.
  const [from, to] = start && measured.length > 0 ? [start.loss, measured[measured.length - 1].loss] : [first, last];
  if (from < LEARNT || Math.abs(from - to) > MOVED * from) return undefined;
  return {
    kind: 'no-learning',
    text: `Nothing is learnt: after ${losses.length} steps the loss${start && measured.length > 0 ? ' on held-out rows' : ''} is ${short(to)}, as it was in the beginning (${short(from)}). Use a higher learning rate than ${highest(learningRates)}, or train for longer.`,
  };
}
