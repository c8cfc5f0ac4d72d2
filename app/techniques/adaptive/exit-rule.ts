/** By what an exit of a classifier stops: confidence at temperatures fitted to rows with known answers, or patience. */
import type { ExitRule } from './exit-graphs.ts';
import type { ExitTable } from './policy.ts';
import type { AdaptOptions } from './schema.ts';
import { confidenceTable, fitTemperature, type LayerLogits, patienceTable } from './scores.ts';

export function fitRule(
  exit: AdaptOptions['exit'],
  logits: LayerLogits,
  rows: readonly number[],
  truth: readonly number[],
  labels: number,
): ExitRule {
  if (exit === 'patience') return { kind: 'patience' };
  const chosen = rows.map((row) => truth[row]);
  const temperatures = logits.slice(0, -1).map((z) => {
    const part = new Float32Array(rows.length * labels);
    for (const [i, row] of rows.entries()) part.set(z.subarray(row * labels, (row + 1) * labels), i * labels);
    return fitTemperature(part, chosen, labels);
  });
  return { kind: 'confidence', temperatures };
}

export const tableOf = (rule: ExitRule, logits: LayerLogits, labels: number): ExitTable =>
  rule.kind === 'confidence' ? confidenceTable(logits, labels, rule.temperatures) : patienceTable(logits, labels);
