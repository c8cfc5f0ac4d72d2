/** When the loss on rows kept apart is measured, which of the measurements is the best, and when to stop waiting for a better. */

export interface Evaluation {
  /** Steps done; 0 is the model as it came. */
  readonly step: number;
  /** Nats per supervised token; of preferences the mean over pairs. */
  readonly loss: number;
  /** What else the graph measures, means over the same. */
  readonly measured?: Readonly<Record<string, number>>;
}

/** The lowest loss after the first step; of equal ones the first. */
export function bestOf(evaluations: readonly Evaluation[]): Evaluation | undefined {
  let best: Evaluation | undefined;
  for (const evaluation of evaluations) {
    if (evaluation.step > 0 && (best === undefined || evaluation.loss < best.loss)) best = evaluation;
  }
  return best;
}

/** Whether the last `patience` measurements were all no better than one before them. */
export function isExhausted(evaluations: readonly Evaluation[], patience: number | undefined): boolean {
  const best = bestOf(evaluations);
  if (patience === undefined || best === undefined) return false;
  return evaluations.filter(({ step }) => step > best.step).length >= patience;
}

/** Measurements of a run, and the share of the training's time that they may take. */
const MOST = 8;
const SHARE = 0.2;
/** Forward and back costs about three times what forward alone does. */
const TRAINING_PASSES = 3;

/**
 * Steps between measurements where nobody says: at most 8 in a run, fewer where measuring is dear beside training.
 * @param trainTokens of the whole run
 * @param evaluationTokens of one measurement
 */
export function evaluationInterval(steps: number, trainTokens: number, evaluationTokens: number): number {
  const affordable = Math.floor((SHARE * TRAINING_PASSES * trainTokens) / Math.max(1, evaluationTokens));
  const count = Math.max(1, Math.min(MOST, affordable, steps));
  return Math.ceil(steps / count);
}
