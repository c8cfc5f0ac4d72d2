/** Models as something that can be asked for logits: a decoder of ours, or an exported ONNX file in ONNX Runtime. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Decoder } from '../generate/decoder.ts';
import type { DecoderConfig } from '../models/architectures/architecture.ts';
import { pastName } from '../models/graphs/cache-kit.ts';
import { roundsActivations } from '../models/graphs/quantized-linear.ts';
import { openSession } from '../runtime/open.ts';
import { int64, type Tensor, zeros } from '../tensor/tensor.ts';
import type { Oracle } from './check.ts';

/**
 * Feeds only what its cache does not hold yet. Where activations are rounded as they come, a difference in the last bit
 * can become one of a whole step: there the whole sequence runs at once, as in the exported file.
 */
export function decoderOracle(decoder: Decoder): Oracle {
  let held: number[] = [];
  const dynamic = [...decoder.model.formats.values()].some(roundsActivations);
  return {
    async logits(ids) {
      let common = 0;
      while (!dynamic && common < held.length && common < ids.length - 1 && held[common] === ids[common]) common += 1;
      decoder.rewind(common);
      const { data } = await decoder.extend(ids.slice(common));
      held = [...ids];
      return data as Float32Array;
    },
  };
}

export interface OnnxOracle extends Oracle {
  dispose(): void;
}

/** Runs the file as a foreign program would: from its path, with a mask, without what Lathe knows about the model. */
export async function onnxOracle(path: string, config: DecoderConfig, threads?: number): Promise<OnnxOracle> {
  const session = await openSession(await readFile(path), { threads, dataFolder: dirname(path) });
  return {
    async logits(ids) {
      const feeds: Record<string, Tensor> = {
        input_ids: int64([1, ids.length], ids),
        attention_mask: int64([1, ids.length], new Array<number>(ids.length).fill(1)),
      };
      if (session.inputs.includes('position_ids')) feeds.position_ids = int64([1, ids.length], [...ids.keys()]);
      for (let layer = 0; layer < config.layers; layer++) {
        for (const part of ['key', 'value'] as const) {
          feeds[pastName(layer, part)] = zeros('float32', [1, config.keyValueHeads, 0, config.headDim]);
        }
      }
      const { logits } = await session.run(feeds, ['logits']);
      const data = logits.data as Float32Array;
      return data.subarray(data.length - config.vocabulary);
    },
    dispose: () => session.dispose(),
  };
}
