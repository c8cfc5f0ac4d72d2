/** What `lathe quantize` says of a recovery. */
import type { Recovered } from '../techniques/quantize/held-out.ts';

/** "recovery: divergence from the source 0.383 → 0.201, perplexity 84.30 → 70.21 (source 60.51), 59% of the loss regained; …" */
export function recoveredLine(recovered: Recovered): string {
  const { tokens, sourcePerplexity, perplexityBefore, perplexityAfter, divergenceBefore, divergenceAfter } = recovered;
  const share = recovered.regained === undefined ? '' : `, ${percentRegained(recovered.regained)} of the loss regained`;
  return [
    `recovery: divergence from the source ${divergenceBefore.toFixed(3)} → ${divergenceAfter.toFixed(3)}, `,
    `perplexity ${perplexityBefore.toFixed(2)} → ${perplexityAfter.toFixed(2)} (source ${sourcePerplexity.toFixed(2)})`,
    `${share}; on ${tokens} tokens set apart`,
  ].join('');
}

const percentRegained = (share: number): string => (share > 0 ? `${Math.round(100 * share)}%` : 'none');
