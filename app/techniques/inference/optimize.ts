/**
 * Finds how a model runs best on this machine: every setting by itself, those that helped together, and the winner against
 * the default on fresh measurements, so that its luck in the search does not count.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { median } from '../../evaluate/statistics.ts';
import { sampleIds } from '../../generate/cache-sample.ts';
import { sequenceLimit } from '../../generate/decoding-session.ts';
import { toleranceOf } from '../../generate/device-check.ts';
import { inBlocks } from '../../generate/prompt-weights.ts';
import type { RunSettings } from '../../models/run-profile.ts';
import { openStored } from '../../models/stored.ts';
import { canPin } from '../../runtime/affinity.ts';
import type { Device } from '../../runtime/session.ts';
import { actingFusions } from './acting-fusions.ts';
import { Bench, PROMPT, type Sameness } from './bench.ts';
import {
  type Candidate,
  COPIES,
  type CopyFormat,
  combined,
  DEFAULT,
  DEFAULT_BATCH,
  type Format,
  keyOf,
  type Offer,
  singles,
  wordsOf,
} from './candidates.ts';
import { type CurvePoint, measureCurves } from './curve.ts';
import { halve } from './halving.ts';
import { FEWEST, type Gain, pairedGain, spreadOf } from './interval.ts';
import { ANSWER } from './runner.ts';
import type { OptimizeOptions } from './schema.ts';

export interface OptimizeContext {
  readonly signal?: AbortSignal;
  /** Token ids that answers begin with and are compared on; default: the sample that comes with Lathe. */
  readonly text?: readonly number[];
  /** What is done, and the share of the budget that is used. */
  readonly onProgress?: (label: string, share: number) => void;
  /** Writes the model in another format into `folder`. */
  readonly makeCopy: (format: CopyFormat, folder: string) => Promise<void>;
  /** Devices beside the processor that open on this machine; default none. */
  readonly devices?: readonly Device[];
  /** The most memory of a process that runs the model this way, bytes. */
  readonly peakMemory: (folder: string, settings: RunSettings) => Promise<number>;
}

export interface Trial {
  readonly settings: Candidate;
  readonly words: string;
  /** Measurements. */
  readonly n: number;
  /** (third quartile - first) / median of them. */
  readonly spread: number;
  /** Milliseconds a token, as one request waits for it. */
  readonly latencyMs?: number;
  readonly tokensPerSecond?: number;
  readonly memoryBytes?: number;
  readonly divergence?: number;
  readonly topAgreement?: number;
}

export interface Way {
  readonly settings: Candidate;
  readonly words: string;
  readonly memoryBytes: number;
  readonly curve: readonly CurvePoint[];
}

export interface Optimized {
  /** What was chosen: the default where nothing was surely better. */
  readonly profile: Candidate;
  readonly words: string;
  readonly trials: readonly Trial[];
  /** Of the best way found against the default; it was chosen where this is sure. 1 without pairs where none seemed better. */
  readonly gain: Gain;
  readonly best: Way;
  readonly usual: Way;
  /** How far answers of the best way differ from those of the default. */
  readonly sameness: Sameness;
  /** Ways that change answers more than was allowed, and devices that do not run the model, with the reason. */
  readonly refused: readonly string[];
  /** Ways for which the time did not suffice. */
  readonly untried: readonly string[];
  readonly seconds: number;
}

/** Whether its answers can be others than the default's, but for the order of sums. */
const changesAnswers = ({ format, cacheType, promptType }: Candidate): boolean =>
  format !== DEFAULT.format || cacheType !== undefined || promptType !== undefined;

/** Copies whose weights are in blocks. */
const BLOCKS: ReadonlySet<Format> = new Set<Format>(['int8', 'int4', 'int4-exact']);
/** Tokens that answers are compared on. */
const TEXT = 96;
/** Rounding in another order: below this, with all the same likeliest tokens, answers are the same. */
const SAME = 1e-6;
/** Shares of the budget by which copies are made and compared, singles, pairs and the last comparison are measured. */
const BY = { copies: 0.2, compared: 0.35, singles: 0.5, combined: 0.62, confirmed: 0.87 };
const PAIRS = 25;
/** Share of the budget that the search gets whatever measuring memory takes. */
const LEAST_SEARCH = 0.5;

/**
 * @param work folder for copies in other formats; the caller takes the chosen one and removes the rest
 * @throws UserError arguments/incompatible for models that do not continue texts, arguments/invalid for prompts beyond the
 * context; model/*, runtime/*
 */
export async function optimize(
  folder: string,
  work: string,
  options: OptimizeOptions,
  { signal, text: given, onProgress, makeCopy, devices = [], peakMemory }: OptimizeContext,
): Promise<Optimized> {
  const begin = performance.now();
  const defaultMemory = options.goal === 'memory' ? undefined : await peakMemory(folder, {});
  // As long again is kept for the winner's.
  const kept = defaultMemory === undefined ? 0 : performance.now() - begin;
  // On a machine so busy that this alone takes most of the time, the search still gets its part.
  const searching = 1000 * Math.max(LEAST_SEARCH * options.budget, options.budget - (2 * kept) / 1000);
  const at = (share: number) => begin + kept + searching * share;
  const stored = await openStored(folder);
  if (stored.architecture.kind !== 'decoder') {
    throw new UserError('arguments/incompatible', `${stored.architecture.name} does not continue texts`);
  }
  const sample = given ?? (await sampleIds(folder));
  const text = sample.slice(0, Math.min(TEXT, stored.config.maxLength - 1));
  const prompt = promptOf(sample, options.promptTokens, sequenceLimit(stored) - ANSWER - 1);
  const folders = new Map<Format, string>([[DEFAULT.format, folder]]);
  const bench = await Bench.open({ folders, text, prompt, sample: given, signal });
  try {
    const tell = (label: string) =>
      onProgress?.(label, Math.min(1, (performance.now() - begin) / 1000 / options.budget));
    const { goal, allowQuantized, maxDivergence, seed } = options;
    const lossy = allowQuantized || maxDivergence !== undefined;
    const allowed = ({ divergence, topAgreement }: Sameness, { device, ...settings }: Candidate) =>
      (divergence <= SAME && topAgreement === 1) ||
      // Another device rounds in another order, and where the processor rounds activations in another way.
      (device !== undefined && !changesAnswers(settings) && divergence <= toleranceOf(stored)) ||
      (lossy && divergence <= (maxDivergence ?? Number.POSITIVE_INFINITY));
    const untried: string[] = [];
    const refused = new Set<string>();
    if (lossy && stored.formats.size === 0) {
      for (const format of COPIES.filter((f) => f !== 'float16' || goal === 'memory')) {
        signal?.throwIfAborted();
        if (performance.now() > at(BY.copies)) {
          untried.push(format);
          continue;
        }
        tell(`making an ${format} copy`);
        await makeCopy(format, join(work, format));
        folders.set(format, join(work, format));
      }
    }
    const offer: Offer = {
      goal,
      cores: availableParallelism(),
      devices,
      pins: canPin(),
      fusions: actingFusions(stored, TEXT),
      lossy,
      formats: [...folders.keys()].filter((f): f is CopyFormat => f !== DEFAULT.format),
      speculates: true,
      inBlocks: [...folders.keys()].filter(
        (format) => BLOCKS.has(format) || (format === DEFAULT.format && inBlocks(stored)),
      ),
    };
    const seen = new Map<string, Sameness>();
    const check = async (candidate: Candidate): Promise<boolean> => {
      tell(`comparing answers: ${wordsOf(candidate)}`);
      try {
        const found = await bench.sameness(candidate);
        seen.set(keyOf(candidate), found);
        if (allowed(found, candidate)) return true;
        refused.add(wordsOf(candidate));
      } catch (error) {
        if (candidate.device === undefined || !(error instanceof UserError)) throw error;
        refused.add(`${wordsOf(candidate)} (${error.message})`);
      }
      return false;
    };
    const arms: Candidate[] = [];
    for (const arm of singles(offer)) {
      if (!changesAnswers(arm) && arm.device === undefined) arms.push(arm);
      else if (performance.now() > at(BY.compared)) untried.push(wordsOf(arm));
      else if (await check(arm)) arms.push(arm);
    }

    const samples = new Map<Candidate, number[]>();
    const measure = async (candidate: Candidate): Promise<number | undefined> => {
      tell(wordsOf(candidate));
      if (goal !== 'memory') return bench.measure(candidate, goal === 'latency' ? 'answer' : 'batch');
      const { format, ...settings } = candidate;
      return peakMemory(folders.get(format)!, settings);
    };
    const search = async (ways: readonly Candidate[], until: number) => {
      const found = await halve(ways, measure, samples, {
        until,
        now: () => performance.now(),
        finalists: 2,
        keep: DEFAULT,
        signal,
      });
      untried.push(...found.untried.map(wordsOf));
      return found.ranked;
    };
    const cost = (candidate: Candidate) => median(samples.get(candidate) ?? [Number.POSITIVE_INFINITY]);
    const first = await search(arms, at(BY.singles));
    if (!samples.has(DEFAULT)) {
      throw new UserError('arguments/invalid', `${options.budget} seconds do not suffice for one measurement`);
    }
    const together = combined(first, cost, offer);
    const lead = new Set([...first.slice(0, 2), DEFAULT]);
    const second = together.length > 0 ? await search([...together, ...lead], at(BY.combined)) : [];

    let best = DEFAULT;
    // Who stayed longest was measured most.
    for (const candidate of new Set([...second, ...first])) {
      if (candidate === DEFAULT || cost(candidate) >= cost(DEFAULT)) continue;
      if (await check(candidate)) {
        best = candidate;
        break;
      }
    }

    const pairs: { readonly before: number[]; readonly after: number[] } = { before: [], after: [] };
    const most = best === DEFAULT ? 0 : PAIRS;
    // Without enough pairs nothing can be sure: the curves wait for them.
    const goesOn = (round: number) => round === 0 || performance.now() < at(round < FEWEST ? 1 : BY.confirmed);
    for (let round = 0; round < most && goesOn(round); round++) {
      signal?.throwIfAborted();
      const order = round % 2 === 0 ? [DEFAULT, best] : [best, DEFAULT];
      const [a, b] = [(await measure(order[0]))!, (await measure(order[1]))!];
      pairs.before.push(round % 2 === 0 ? a : b);
      pairs.after.push(round % 2 === 0 ? b : a);
    }
    for (const [way, costs] of [[DEFAULT, pairs.before] as const, [best, pairs.after] as const]) {
      samples.set(way, [...(samples.get(way) ?? []), ...costs]);
    }
    const gain = pairedGain(pairs.before, pairs.after, seed);
    tell('measuring 1 to 64 requests at once');
    const ways = best === DEFAULT ? [DEFAULT] : [DEFAULT, best];
    const curves = await measureCurves(bench, ways, at(1), signal);
    tell('measuring memory');
    const memory = async ({ format, ...settings }: Candidate) => peakMemory(folders.get(format)!, settings);
    const memories =
      goal === 'memory'
        ? [cost(DEFAULT), cost(best)]
        : [defaultMemory!, best === DEFAULT ? defaultMemory! : await memory(best)];
    const way = (settings: Candidate, i: number): Way => ({
      settings,
      words: wordsOf(settings),
      memoryBytes: memories[i],
      curve: curves[i] ?? curves[0],
    });
    const profile = gain.sure ? best : DEFAULT;
    const known = new Map([
      [DEFAULT, memories[0]],
      [best, memories[1]],
    ]);
    return {
      profile,
      words: wordsOf(profile),
      trials: [...samples].map(([settings, values]) => trial(settings, values, known.get(settings))),
      gain,
      usual: way(DEFAULT, 0),
      best: way(best, 1),
      sameness: seen.get(keyOf(best)) ?? { divergence: 0, topAgreement: 1 },
      refused: [...refused],
      untried,
      seconds: (performance.now() - begin) / 1000,
    };

    function trial(settings: Candidate, values: readonly number[], memoryBytes: number | undefined): Trial {
      const middle = median(values);
      const atOnce = goal === 'throughput' ? (settings.batch ?? DEFAULT_BATCH) : 1;
      return {
        settings,
        words: wordsOf(settings),
        n: values.length,
        spread: spreadOf(values),
        ...(goal === 'memory'
          ? { memoryBytes: middle }
          : { latencyMs: middle * atOnce, tokensPerSecond: 1000 / middle, memoryBytes }),
        ...seen.get(keyOf(settings)),
      };
    }
  } finally {
    bench.dispose();
  }
}

/**
 * As many tokens of the sample as prompts have, from its beginning again where it is shorter.
 * @throws UserError arguments/invalid where they and an answer do not fit
 */
function promptOf(sample: readonly number[], wanted: number | undefined, most: number): number[] {
  if (wanted !== undefined && wanted > most) {
    throw new UserError(
      'arguments/invalid',
      `prompts of ${wanted} tokens do not fit: ${most} leave room for an answer`,
    );
  }
  return Array.from({ length: Math.min(wanted ?? PROMPT, most) }, (_, i) => sample[i % sample.length]);
}
