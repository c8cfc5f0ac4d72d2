/** Opens the session that decoders run: the decoding graph, fused for the CPU, over the weights where they lie on disk. */
import { dirname, resolve } from 'node:path';
import type { Described } from '../models/architectures/index.ts';
import type { CacheType } from '../models/graphs/cache-kit.ts';
import { buildDecodingGraph } from '../models/graphs/decoding-graph.ts';
import type { RunSettings } from '../models/run-profile.ts';
import type { StoredModel } from '../models/stored.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { openSession, runtimeInfo } from '../runtime/open.ts';
import { watchOtherLoad } from '../runtime/other-load.ts';
import type { Session, SessionOptions } from '../runtime/session.ts';
import { type Graph, isExternal } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { type PromptWeights, promptWeights } from './prompt-weights.ts';

export interface DecoderOptions {
  readonly threads?: number;
  /** See `SessionOptions`. */
  readonly pinned?: boolean;
  /** Longest sequence, prompt and answer; default the model's own limit, at most 4,096. */
  readonly maxLength?: number;
  readonly profile?: boolean;
  /** See `SessionOptions`; default: where other programs leave the machine quiet while the model is being opened. */
  readonly spin?: boolean;
  /** int8: keys and values in a quarter of the memory, on scales that a sample text gives as the model is opened. */
  readonly cacheType?: CacheType;
  /** Token ids of that text; default: the sample that comes with Lathe. */
  readonly cacheSample?: ArrayLike<number>;
  /**
   * int8: prompts are read with int8 weights made as the model is opened (see prompt-weights.ts), which takes a byte a weight
   * more; default: with the weights as they are.
   */
  readonly promptType?: RunSettings['promptType'];
  /** Names of graph fusions to leave out. */
  readonly withoutFusions?: readonly string[];
  /** See `SessionOptions`. */
  readonly optimization?: SessionOptions['optimization'];
  readonly prepack?: boolean;
}

/** Other programs' cores from which on busy waiting costs more than it brings. */
const QUIET = 0.5;

/** With fewer tokens at once other weights bring nothing. */
const FEWEST = 16;

/** Whether the prompt session reads these, where there is one. */
export const isPrompt = ({ length }: ArrayLike<number>): boolean => length >= FEWEST;

/** Tokens that a sequence may have. */
export function sequenceLimit({ config }: StoredModel, wanted?: number): number {
  return Math.min(wanted ?? Math.min(config.maxLength, 4096), config.maxLength);
}

/** @throws UserError runtime/failed */
export async function openDecodingSession(
  model: Described & PromptWeights,
  options: DecoderOptions & { readonly maxLength: number; readonly widened?: boolean },
): Promise<Session> {
  const { implementation } = await runtimeInfo();
  const { maxLength, cacheType, widened } = options;
  const cacheOutput = implementation === 'direct' && !widened ? 'present' : 'fresh';
  const graph = buildDecodingGraph(model, { ...model, maxLength, lengths: 'lengths', cacheOutput, cacheType, widened });
  return openGraph(graph, options);
}

/** Whether the prompt session gives out new rows of the cache instead of working in it. */
export const givesRows = ({ cacheType }: DecoderOptions): boolean => cacheType === 'int8';

/**
 * The session that reads prompts where that is not the decoding session's work too.
 * @throws UserError runtime/failed, arguments/incompatible where the model's weights are not in blocks of 4 or 8 bits
 */
export async function openPromptSession(
  model: StoredModel,
  options: DecoderOptions & { readonly maxLength: number },
): Promise<Session | undefined> {
  if (options.promptType !== 'int8') return undefined;
  return openDecodingSession(
    { ...model, ...(await promptWeights(model)) },
    { ...options, widened: givesRows(options) },
  );
}

/** A session over a graph whose weights lie in files, fused for the CPU. */
export async function openGraph(description: Graph, options: Omit<DecoderOptions, 'maxLength'>): Promise<Session> {
  const otherLoad = watchOtherLoad();
  const graph = fuse(lower(description), options.withoutFusions);
  const folder = folderOfWeights(graph);
  return openSession(encodeModel(graph, { place: folder === undefined ? undefined : placeInFiles(folder) }), {
    threads: options.threads,
    pinned: options.pinned,
    dataFolder: folder,
    profile: options.profile,
    optimization: options.optimization,
    prepack: options.prepack,
    spin: options.spin ?? (options.threads !== 1 && (await otherLoad()) < QUIET),
  });
}

function folderOfWeights(graph: Graph): string | undefined {
  const external = [...graph.constants.values()].find(isExternal);
  return external && dirname(resolve(external.file));
}
