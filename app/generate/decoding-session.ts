/** Opens the session that decoders run: the decoding graph, fused for the CPU, over the weights where they lie on disk. */
import { UserError } from '../contract/errors.ts';
import type { Described } from '../models/architectures/index.ts';
import type { CacheType } from '../models/graphs/cache-kit.ts';
import { buildDecodingGraph } from '../models/graphs/decoding-graph.ts';
import type { RunSettings } from '../models/run-profile.ts';
import type { StoredModel } from '../models/stored.ts';
import { runtimeInfo } from '../runtime/open.ts';
import type { Device, Session, SessionOptions } from '../runtime/session.ts';
import { CodesFile } from './codes-file.ts';
import { openGraph } from './open-graph.ts';
import { type PromptWeights, promptWeights } from './prompt-weights.ts';

export interface DecoderOptions {
  /** What computes; default the processor. Others are compared with it before they answer for the first time. */
  readonly device?: Device;
  /** Another device is not compared. */
  readonly unchecked?: boolean;
  /** Keys and values lie where the device computes; default on every device but the processor. */
  readonly heldCache?: boolean;
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
  /**
   * int8: prompts are read with int8 weights made as the model is opened (see prompt-weights.ts), on scales that a sample text
   * gives; default: with the weights as they are.
   */
  readonly promptType?: RunSettings['promptType'];
  /** Token ids of the sample text; default: that which comes with Lathe. */
  readonly sample?: ArrayLike<number>;
  /** Names of graph fusions to leave out. */
  readonly withoutFusions?: readonly string[];
  /** See `SessionOptions`. */
  readonly optimization?: SessionOptions['optimization'];
  readonly prepack?: boolean;
}

/** With fewer tokens at once other weights bring nothing. */
const FEWEST = 16;

/** Whether the prompt session reads these, where there is one. */
export const isPrompt = ({ length }: ArrayLike<number>): boolean => length >= FEWEST;

/** Tokens that a sequence may have. */
export function sequenceLimit({ config }: StoredModel, wanted?: number): number {
  return Math.min(wanted ?? Math.min(config.maxLength, 4096), config.maxLength);
}

/** Whether another device answers, which nobody has compared with the processor. */
export const mustBeCompared = ({ device = 'cpu', unchecked = false }: DecoderOptions): boolean =>
  device !== 'cpu' && !unchecked;

/** Whether keys and values stay where the session computes. */
export const holdsCache = ({ device = 'cpu', heldCache = device !== 'cpu' }: DecoderOptions): boolean => heldCache;

/** @throws UserError arguments/incompatible for what only the processor does */
export function assertOnDevice({ device = 'cpu', cacheType, promptType }: DecoderOptions): void {
  if (device === 'cpu') return;
  const setting =
    cacheType === 'int8' ? 'an int8 cache' : promptType === 'int8' ? 'reading prompts in int8' : undefined;
  if (setting) throw new UserError('arguments/incompatible', `${setting} is for the processor, not for ${device}`);
}

/** @throws UserError runtime/failed, device/unavailable, arguments/incompatible */
export async function openDecodingSession(
  model: Described & PromptWeights,
  options: DecoderOptions & { readonly maxLength: number; readonly widened?: boolean },
): Promise<Session> {
  assertOnDevice(options);
  const { implementation } = await runtimeInfo();
  const { maxLength, cacheType, widened, device } = options;
  const cacheOutput = implementation === 'direct' && !widened ? 'present' : 'fresh';
  const kit = { ...model, maxLength, cacheType, widened, device };
  const graph = buildDecodingGraph(model, { ...kit, lengths: 'lengths', cacheOutput });
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
  assertOnDevice(options);
  // Windows does not remove a file that is mapped.
  const file = process.platform === 'win32' ? undefined : await CodesFile.open();
  try {
    const weights = await promptWeights(model, options, file);
    return await openDecodingSession({ ...model, ...weights }, { ...options, widened: givesRows(options) });
  } finally {
    await file?.remove();
  }
}
