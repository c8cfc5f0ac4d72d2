/** Speeding up takes the time it is given; several ways are open at once, as far as there is room. */
import { type Estimator, isQuantized, number, runningBytes } from './estimator.ts';

/** Of the size in float32, all copies that are tried together: int8, and int4 twice, with their scales. */
const COPIES = 0.9;

export const optimize: Estimator = ({ model, options }) => {
  const lossy = options.allowQuantized === true || typeof options.maxDivergence === 'number';
  const copies = lossy && !isQuantized(model) ? COPIES * 4 * model.parameters : 0;
  return {
    seconds: number(options.budget, 60),
    uncertainty: 1.2,
    memoryBytes: 2 * runningBytes(model, model.sizeBytes) + 0.25 * copies,
    diskBytes: copies,
    ...(model.continues
      ? {}
      : { refusal: 'Ways of running are tried on models that write: choose one that continues a text.' }),
  };
};
