/** Profiling: loading, then prefill and decoding at each context, and once more by operator. */
import { decodeSeconds, type Estimator, forwardSeconds, number, runningBytes } from './estimator.ts';

export const profile: Estimator = ({ model, machine, options }) => {
  const contexts = Array.isArray(options.contexts) ? (options.contexts as number[]) : [64, 512];
  const rounds = number(options.repeat, 3) + 1;
  const one = (tokens: number) => forwardSeconds(model, tokens, machine) + 16 * decodeSeconds(model.sizeBytes, machine);
  const seconds = contexts.reduce((sum, tokens) => sum + rounds * one(tokens), 0) + 2 * one(contexts[0] ?? 64);
  return {
    seconds: 2 + model.sizeBytes / 1e9 + seconds,
    uncertainty: 1.8,
    memoryBytes: runningBytes(model, model.sizeBytes, Math.max(...contexts, 512)),
    diskBytes: 0,
  };
};
