/** What is tried: every setting by itself first, then those that helped together. Pure. */
import type { RunSettings } from '../../models/run-profile.ts';
import type { Device } from '../../runtime/session.ts';
import type { Goal } from './schema.ts';

/** Copies of the weights in another format, made for trying. */
export const COPIES = ['float16', 'int8', 'int4', 'int4-exact'] as const;
export type CopyFormat = (typeof COPIES)[number];
export type Format = 'as it is' | CopyFormat;

export interface Candidate extends RunSettings {
  readonly format: Format;
}

/** As Lathe does it by itself. */
export const DEFAULT: Candidate = { format: 'as it is' };
/** What a server answers at once by itself. */
export const DEFAULT_BATCH = 8;
export const BATCHES = [1, 2, 4, 8, 16, 32, 64] as const;

export interface Offer {
  readonly goal: Goal;
  readonly cores: number;
  /** Beside the processor. */
  readonly devices: readonly Device[];
  /** Whether the system binds threads to processors. */
  readonly pins: boolean;
  /** Those that change this model's graph. */
  readonly fusions: readonly string[];
  /** Answers may change. */
  readonly lossy: boolean;
  readonly formats: readonly CopyFormat[];
  readonly speculates: boolean;
  /** Formats of which prompts can be read in int8. */
  readonly inBlocks: readonly Format[];
}

/** Powers of two up to all cores, and all cores. */
export const threadCounts = (cores: number): number[] => {
  const powers = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, i) => 2 ** i);
  return [...new Set([...powers, cores])].reverse();
};

/** Each differs from the default in one setting; the most promising first. */
export function singles({
  goal,
  cores,
  devices,
  pins,
  fusions,
  lossy,
  formats,
  speculates,
  inBlocks,
}: Offer): Candidate[] {
  const from = (settings: Partial<Candidate>): Candidate => ({ ...DEFAULT, ...settings });
  const elsewhere = devices.map((device) => from({ device }));
  const copies = formats.map((format) => from({ format }));
  const cache = lossy && goal !== 'throughput' ? [from({ cacheType: 'int8' })] : [];
  const prompts = lossy ? inBlocks.map((format) => from({ format, promptType: 'int8' })) : [];
  if (goal === 'memory') return [DEFAULT, ...elsewhere, ...copies, from({ prepack: false }), ...cache];
  return [
    DEFAULT,
    ...elsewhere,
    ...copies,
    ...prompts,
    ...threadCounts(cores).map((threads) => from({ threads })),
    ...(pins ? [from({ pinned: true })] : []),
    from({ spin: true }),
    from({ spin: false }),
    ...(goal === 'latency' && speculates ? [from({ speculate: true })] : []),
    ...cache,
    ...(goal === 'throughput' ? BATCHES.filter((b) => b !== DEFAULT_BATCH).map((batch) => from({ batch })) : []),
    from({ optimization: 'extended' }),
    from({ optimization: 'basic' }),
    from({ optimization: 'none' }),
    ...fusions.map((name) => from({ withoutFusions: [name] })),
  ];
}

/** The setting in which a single differs from the default. */
const settingOf = (candidate: Candidate): string =>
  Object.keys(candidate).find((key) => key !== 'format') ?? (candidate.format === DEFAULT.format ? '' : 'format');

/** By how much a setting must seem to help to be tried with others. */
const WORTH = 0.01;

/**
 * The best value of each setting that helped, together: all of them, the two best, and the best format with each count of
 * threads, whose best another format may change.
 * @param cost the median cost of a single that was measured
 */
export function combined(tried: readonly Candidate[], cost: (c: Candidate) => number, offer: Offer): Candidate[] {
  const base = cost(DEFAULT);
  const sorted = [...tried]
    .filter((c) => c !== DEFAULT && cost(c) < base * (1 - WORTH))
    .sort((a, b) => cost(a) - cost(b));
  const best = sorted.filter((c, i) => sorted.findIndex((other) => settingOf(other) === settingOf(c)) === i);
  const join = (parts: readonly Candidate[]): Candidate => {
    // The better part comes last, and wins.
    const { pinned, ...all }: Candidate = Object.assign({}, ...parts.toReversed());
    // These are for the processor, which waits while a device computes.
    if (all.device !== undefined) for (const setting of FOR_PROCESSOR) delete all[setting];
    const format = parts.find((part) => part.format !== DEFAULT.format)?.format ?? DEFAULT.format;
    // The only thread is the caller's, which stays free.
    const pins = pinned && all.threads !== 1 && all.device === undefined;
    return { ...all, ...(pins ? { pinned } : {}), format };
  };
  const format = best.find((c) => settingOf(c) === 'format');
  const threads = format && offer.goal !== 'memory' ? threadCounts(offer.cores) : [];
  const all = [
    join(best),
    join(best.slice(0, 2)),
    ...threads.map((threads) => join([{ ...DEFAULT, threads }, ...best])),
  ];
  const known = new Set(tried.map(keyOf));
  return all.filter((c, i) => !known.has(keyOf(c)) && all.findIndex((other) => keyOf(other) === keyOf(c)) === i);
}

const FOR_PROCESSOR = ['threads', 'spin', 'cacheType', 'promptType', 'prepack'] as const;

/** The same for the same settings, in whatever order they are written. */
export const keyOf = (candidate: Candidate): string =>
  JSON.stringify(Object.entries(candidate).sort(([a], [b]) => a.localeCompare(b)));

/** "int4, 2 threads"; "as it is" where nothing differs. */
export function wordsOf({
  format,
  device,
  threads,
  pinned,
  spin,
  speculate,
  cacheType,
  promptType,
  optimization,
  prepack,
  ...rest
}: Candidate): string {
  const parts = [
    format === DEFAULT.format ? undefined : format,
    device,
    threads === undefined ? undefined : `${threads} thread${threads === 1 ? '' : 's'}`,
    pinned ? 'a processor for each thread' : undefined,
    spin === undefined ? undefined : spin ? 'busy waiting' : 'no busy waiting',
    speculate ? 'drafts' : undefined,
    cacheType === undefined ? undefined : `${cacheType} cache`,
    promptType === 'int8' ? 'prompts in int8' : undefined,
    optimization === undefined
      ? undefined
      : optimization === 'none'
        ? 'no optimisations, constants not folded'
        : `${optimization} optimisations`,
    prepack === false ? 'no second layout of the weights' : undefined,
    rest.withoutFusions === undefined ? undefined : `without ${rest.withoutFusions.join(', ')}`,
    rest.batch === undefined ? undefined : `${rest.batch} at once`,
  ];
  return parts.filter((part) => part !== undefined).join(', ') || DEFAULT.format;
}
