/** Dropout that is the same whenever it is computed: for the backward pass again, and in a run that was resumed. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { Random } from '../../tensor/random.ts';
import { float32 } from '../../tensor/tensor.ts';

/**
 * 0 or 1 / (1 - share) for each token and feature, [tokens, width]: the fractional part of noise * a + b, where the noise
 * [tokens, 1] is one random number a token and a, b are fixed for the module and feature.
 */
export function emitDropoutMask(g: GraphBuilder, noise: Value, module: string, width: number, share: number): Value {
  const random = new Random([...module].map((character) => character.codePointAt(0)!));
  const row = (low: number, high: number) =>
    g.constant(
      float32(
        [1, width],
        Array.from({ length: width }, () => low + (high - low) * random.fraction()),
      ),
    );
  const spread = g.add(g.mul(noise, row(100, 1000)), row(0, 1));
  const fraction = g.sub(spread, g.op('Floor', [spread]));
  return g.scale(g.cast(g.op('GreaterOrEqual', [fraction, g.scalar(share)]), 'float32'), 1 / (1 - share));
}
