/** How near a model is to its source on windows that it does not learn from. */
import type { WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import { int64, zeros } from '../../tensor/tensor.ts';
import { bindBatch, bindWeights, type Weights } from './bind-model.ts';
import { comparisonGraph } from './distil-graphs.ts';
import { HELD_TOKENS } from './schema.ts';

export interface HeldOut {
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** KL(source || model), nats a token. */
  readonly divergence: number;
  readonly perplexity: number;
  readonly sourcePerplexity: number;
}

/**
 * Every token of a window after its first is predicted, window by window.
 * @param session of `logitsGraph`
 * @param weights of the source and of the model
 */
export async function compareHeldOut(
  model: Model,
  session: Session,
  [source, own]: readonly [Weights, Weights],
  windows: readonly Int32Array[],
  { threads, signal }: WalkOptions,
): Promise<HeldOut> {
  const { vocabulary } = model.config;
  const rows = windows[0].length - 1;
  const comparison = await openSession(encodeModel(comparisonGraph(vocabulary)), { threads });
  const bindings: Binding[] = [];
  try {
    const comparing = comparison.bind();
    bindings.push(comparing);
    const bind = (values: Weights, name: string) => {
      const logits = zeros('float32', [rows, vocabulary]);
      const binding = bindWeights(session, model, values).output('logits', logits);
      bindings.push(binding);
      comparing.input(name, logits);
      return binding;
    };
    const readers = [bind(source, 'source'), bind(own, 'logits')];
    const sums = { divergence: 0, loss: 0, source_loss: 0 };
    const names = Object.keys(sums) as (keyof typeof sums)[];
    const results = names.map((name) => [name, zeros('float32', [])] as const);
    for (const [name, value] of results) comparing.output(name, value);
    for (const window of windows) {
      for (const reader of readers) await bindBatch(session, reader, [window], rows).run({ signal });
      await comparing.input('targets', int64([rows], [...window.subarray(1)])).run({ signal });
      for (const [name, { data }] of results) sums[name] += Number(data[0]) / windows.length;
    }
    return {
      tokens: rows * windows.length,
      divergence: sums.divergence,
      perplexity: Math.exp(sums.loss),
      sourcePerplexity: Math.exp(sums.source_loss),
    };
  } finally {
    for (const binding of bindings) binding.dispose();
    comparison.dispose();
  }
}

/** Of all windows at most one in eight is held. */
const SHARE = 8;

/** Windows to learn from, and the last ones of the text, which are not. */
export function setApart(
  windows: readonly Int32Array[],
): readonly [learnt: readonly Int32Array[], held: readonly Int32Array[]] {
  const most = windows.length === 0 ? 0 : Math.ceil(HELD_TOKENS / windows[0].length);
  const begin = windows.length - Math.min(most, Math.floor(windows.length / SHARE));
  return [windows.slice(0, begin), windows.slice(begin)];
}

/** What recovery brought, on text that nothing was learnt from. */
export interface Recovered {
  readonly tokens: number;
  readonly sourcePerplexity: number;
  readonly perplexityBefore: number;
  readonly perplexityAfter: number;
  readonly divergenceBefore: number;
  readonly divergenceAfter: number;
  /** Share of the perplexity that rounding took which is there again; absent where it took none. */
  readonly regained?: number;
}

export function regained({ before, after }: { readonly before: HeldOut; readonly after: HeldOut }): Recovered {
  const lost = before.perplexity - before.sourcePerplexity;
  return {
    tokens: before.tokens,
    sourcePerplexity: before.sourcePerplexity,
    perplexityBefore: before.perplexity,
    perplexityAfter: after.perplexity,
    divergenceBefore: before.divergence,
    divergenceAfter: after.divergence,
    ...(lost > 0 ? { regained: (before.perplexity - after.perplexity) / lost } : {}),
  };
}
