/** Losses that learn from pairs of answers which of the two is better: DPO and ORPO. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

export interface PreferenceLoss {
  readonly objective: 'dpo' | 'orpo';
  /** DPO: how much a change from the reference counts; ORPO: weight of the odds ratio beside the chosen answer's loss. */
  readonly beta: number;
}

/** What is measured of each batch besides the loss, float32 []: means over the pairs of a step. */
export const PREFERENCE_MEASURES = ['chosenReward', 'rejectedReward', 'margin', 'accuracy'] as const;

/** Nearest that a mean log-probability comes to 0: odds are endless there. */
const SUREST = -1e-6;

/**
 * losses: negative log-probabilities [rows] of the tokens of both answers. Further inputs: chosen, rejected float32
 * [pairs, rows], how much each token counts in the answer of each pair (DPO: 1; ORPO: 1 / tokens of the answer); for DPO
 * reference_chosen, reference_rejected float32 [pairs, 1], what the reference gives the answers. Outputs: loss, the sum over
 * pairs / divisor; `PREFERENCE_MEASURES`; with `scores` chosen_scores and rejected_scores [pairs, 1], the log-probabilities.
 *
 * DPO (Rafailov et al. 2023, equation 7): -log s(beta ((c - c_ref) - (r - r_ref))) of log-probabilities of whole answers.
 * ORPO (Hong et al. 2024, equations 6 and 7): -c + beta -log s(log odds(c) - log odds(r)) of mean log-probabilities.
 */
export function emitPreferences(
  g: GraphBuilder,
  losses: Value,
  divisor: Value,
  { objective, beta }: PreferenceLoss,
  scores = false,
): void {
  g.scoped('preferences', () => {
    const column = g.unsqueeze(losses, [1]);
    const score = (side: string) => g.neg(g.matmul(g.input(side, 'float32', ['pairs', 'rows']), column));
    const [chosen, rejected] = [score('chosen'), score('rejected')];
    const gain = (side: string, value: Value) =>
      objective === 'dpo' ? g.sub(value, g.input(`reference_${side}`, 'float32', ['pairs', 1])) : value;
    const rewards = {
      chosen: g.scale(gain('chosen', chosen), beta),
      rejected: g.scale(gain('rejected', rejected), beta),
    };
    const margins = g.sub(rewards.chosen, rewards.rejected);
    const pairs =
      objective === 'dpo'
        ? g.op('Softplus', [g.neg(margins)])
        : g.sub(g.scale(g.op('Softplus', [g.sub(logOdds(g, rejected), logOdds(g, chosen))]), beta), chosen);
    const mean = (x: Value) => g.div(g.reduceSum(x, [0, 1], false), divisor);
    const right = g.cast(g.op('Greater', [rewards.chosen, rewards.rejected]), 'float32');
    g.output(mean(pairs), 'loss');
    const measured = [rewards.chosen, rewards.rejected, margins, right];
    PREFERENCE_MEASURES.forEach((name, i) => {
      g.output(mean(measured[i]), name);
    });
    if (!scores) return;
    g.output(chosen, 'chosen_scores');
    g.output(rejected, 'rejected_scores');
  });
}

/** log p / (1 - p) of log p */
function logOdds(g: GraphBuilder, x: Value): Value {
  const sure = g.op('Clip', [x, undefined, g.like(SUREST, x)]);
  return g.sub(sure, g.log(g.sub(g.like(1, x), g.exp(sure))));
}
