/** `--metric bleu,chrf`: how what a model writes is scored against the data set's answers. */
import { z } from 'zod';
import { TEXT_METRICS } from '../evaluate/text-scores.ts';

export const metricsFlag = z
  .array(z.enum(TEXT_METRICS))
  .optional()
  .describe(
    `Scores of what the model writes in the place of the answers: any of ${TEXT_METRICS.join(', ')} (sources with targets: bleu, chrf)`,
  );
