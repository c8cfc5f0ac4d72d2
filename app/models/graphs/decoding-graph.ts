/** The graph that extends a sequence: new tokens and the cache in, logits and the grown cache out. */
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import { assertContinues, type Described } from '../architectures/index.ts';
import { CacheKit, type CacheKitOptions, type LengthInputs } from './cache-kit.ts';
import { withoutUnread } from './unread.ts';

export interface DecodingGraphOptions extends CacheKitOptions {
  readonly lengths: LengthInputs;
  /** What of the cache is given out: all of it (default), or the rows of the new tokens, [batch, kv heads, length, head dim]. */
  readonly cacheOutput?: 'present' | 'fresh';
}

/**
 * Inputs: input_ids int64 [batch, length]; with `lengths: 'lengths'` last_position int32 [batch] (index of each row's
 * last valid token, new ones included), total_length int32 [] and rows int64 [rows] (which of the batch*length new
 * tokens get logits), with `'mask'` attention_mask int64 [batch, total]; past_key_values.<l>.key|value
 * [batch, kv heads, past, head dim]. Outputs: logits [rows, vocabulary] or [batch, length, vocabulary]; present.<l>.key|value
 * (or fresh.<l>.key|value).
 * @throws UserError arguments/incompatible for a model that does not continue a text
 */
export function buildDecodingGraph(described: Described, options: DecodingGraphOptions): Graph {
  assertContinues(described);
  return buildSteps(described, options);
}

/**
 * The decoder of an encoder-decoder, always with the whole cache given out. Further inputs: what `buildEncodingGraph`
 * gives, encoder_attention_mask int64 [batch, source] and position_ids int64 [batch, length].
 */
export function buildAnsweringGraph(described: Described, options: CacheKitOptions): Graph {
  return buildSteps(described, { ...options, lengths: 'lengths' });
}

/**
 * Like `buildDecodingGraph` with lengths, for one sequence and at most `STEPS` new tokens, each of which comes out bit for
 * bit as it would alone. Instead of last_position it has the inputs of `stepInputs`; its caches are named by `stepName`.
 */
export function buildCheckingGraph(described: Described, options: CacheKitOptions): Graph {
  assertContinues(described);
  return withoutUnread(buildSteps(described, { ...options, lengths: 'lengths', stepwise: true }));
}

function buildSteps({ architecture, config }: Described, options: DecodingGraphOptions): Graph {
  const g = new GraphBuilder();
  const kit = new CacheKit(g, options, options.lengths);
  const hidden = architecture.layers(kit, config);
  const head = architecture.head(config);
  if (options.lengths === 'lengths') {
    const flat = g.op(
      'Reshape',
      [hidden, g.int64s([-1, head.width])],
      {},
      {
        types: [{ dtype: 'float32', shape: ['batch*length', head.width] }],
      },
    );
    g.output(kit.logits(g.gather(flat, g.input('rows', 'int64', ['rows'])), head), 'logits');
  } else {
    g.output(kit.logits(hidden, head), 'logits');
  }
  if (options.cacheOutput === 'fresh') kit.outputFreshRows();
  else kit.outputPresents();
  return g.build('decoding');
}
