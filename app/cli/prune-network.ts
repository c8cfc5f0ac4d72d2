/** Prunes an ONNX network and measures what came of it: time in turns, and how alike the outputs are on the user's inputs. */
import { basename, dirname, join, resolve } from 'node:path';
import { companionsOf } from '../models/onnx-folder.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { openOnnx } from '../onnx/open.ts';
import type { WatchValues } from '../techniques/prune/convolutions/importance.ts';
import { type PrunedNetwork, pruneNetwork } from '../techniques/prune/convolutions/prune-network.ts';
import type { PruneOptions } from '../techniques/prune/schema.ts';
import { type Feeds, withActivations } from '../techniques/quantize/graphs/activations.ts';
import { feedsFor } from '../techniques/quantize/graphs/feeds.ts';
import { compareFiles } from '../techniques/quantize/graphs/quantize-graphs.ts';
import type { Graph } from '../tensor/graph.ts';
import { Random } from '../tensor/random.ts';
import { float32 } from '../tensor/tensor.ts';

export interface NetworkContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** safetensors with the inputs: what outputs before and after are compared on. */
  readonly data?: string;
  readonly format?: string;
}

export interface NetworkReport extends PrunedNetwork {
  /** Median of a run on the same inputs; absent where the network takes inputs that cannot be made up. */
  readonly milliseconds?: { readonly before: number; readonly after: number };
  /** Of the outputs before and after, on the user's own inputs. */
  readonly likeness?: { readonly meanCosine: number; readonly topAgreement: number };
}

const RUNS = 16;
/** Most examples that importance is found on. */
const SHOWN = 64;

/** @throws UserError as `pruneNetwork`; arguments/invalid, dataset/* for the data */
export async function pruneAndCompare(
  files: readonly string[],
  out: string,
  options: PruneOptions,
  context: NetworkContext,
): Promise<NetworkReport> {
  const [file] = files;
  const { graph } = await openOnnx(file);
  const { data, format } = context;
  const request = { file: data, format, folder: await companionsOf(file), longest: 512, tokens: 4096 };
  const own = data === undefined ? undefined : await feedsFor(graph, request);
  const watched = own && isSingle(graph) ? watching(file, own, context) : undefined;
  const result = await pruneNetwork(files, out, options, watched);
  const feeds = own ?? noise(graph);
  if (!feeds) return result;
  const made = join(result.model, 'onnx', basename(file));
  const { sourceMs, resultMs, meanCosine, topAgreement } = await compareFiles(
    file,
    made,
    feeds.slice(0, RUNS),
    context,
  );
  const timed = { ...result, milliseconds: { before: sourceMs, after: resultMs } };
  return own ? { ...timed, likeness: { meanCosine, topAgreement } } : timed;
}

const isSingle = ({ constants }: Graph): boolean => [...constants.values()].every(({ dtype }) => dtype !== 'float16');

/** What is measured on is not what importance is found on, where there are more examples. */
function watching(file: string, own: readonly Feeds[], { threads, signal }: NetworkContext): WatchValues {
  const shown = own.length > RUNS ? own.slice(RUNS, RUNS + SHOWN) : own;
  const dataFolder = dirname(resolve(file));
  const encode = (wider: Graph) => encodeModel(wider, { place: placeInFiles(dataFolder) });
  return (graph, values, visit) =>
    withActivations(graph, values, shown, { threads, signal, dataFolder, encode }, (each) => each(visit));
}

/** A height and width that is not said. */
const SIDE = 224;

/** Made-up inputs: enough to measure time, which does not depend on them. Undefined where they are not all images. */
function noise({ inputs, constants }: Graph): readonly Feeds[] | undefined {
  const given = inputs.filter(({ name }) => !constants.has(name));
  if (given.some(({ dtype, shape }) => dtype !== 'float32' || shape?.length !== 4)) return undefined;
  const random = new Random([1]);
  return Array.from({ length: RUNS }, () =>
    Object.fromEntries(
      given.map(({ name, shape = [] }) => {
        const sizes = shape.map((d, axis) => (typeof d === 'number' ? d : axis === 0 ? 1 : SIDE));
        const count = sizes.reduce((a, b) => a * b, 1);
        return [
          name,
          float32(
            sizes,
            Float32Array.from({ length: count }, () => random.fraction()),
          ),
        ];
      }),
    ),
  );
}
