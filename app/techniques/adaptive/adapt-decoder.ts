/**
 * Finds out how early a decoder may answer on the user's texts: an exit head trained on the frozen model, a short list of
 * the tokens that these texts use, and thresholds proved on calibration windows (Learn then Test; CALM, Schuster et al. 2022).
 */

import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { mean } from '../../evaluate/statistics.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import type { Exits } from '../../generate/adaptive-decoder.ts';
import type { Model } from '../../models/model.ts';
import { openStored } from '../../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeDecoderExits } from './decoder-folder.ts';
import { costOf, costsOf, decide, proposePolicies, type TokenPolicy, windowLosses } from './decoder-policy.ts';
import { collectStates } from './decoder-states.ts';
import { type TokenTable, tabulate } from './decoder-table.ts';
import { trainMaps } from './exit-maps.ts';
import type { Guarantee } from './exit-report.ts';
import type { ExitTrainingContext } from './exit-training.ts';
import { measureDecoding } from './measure-decoding.ts';
import { NEVER } from './policy.ts';
import { netPValue, requiredRows, testInSequence } from './risk.ts';
import type { AdaptOptions } from './schema.ts';
import { cutWindows, splitWindows } from './token-windows.ts';

export interface AdaptDecoderContext extends Omit<ExitTrainingContext, 'onProgress'> {
  readonly onProgress?: (what: 'reading' | 'training' | 'measuring', done: number, total: number) => void;
}

export interface AdaptDecoderResult {
  readonly kind: 'decoder';
  readonly layers: number;
  readonly meanLayersUsed: number;
  readonly speedup: number;
  readonly speedupRange: readonly [low: number, high: number];
  /** A token; absent where nothing may stop early. */
  readonly milliseconds?: { readonly full: number; readonly adaptive: number };
  readonly metric: {
    readonly name: 'token accuracy';
    readonly full: number;
    readonly adaptive: number;
    readonly loss: number;
  };
  readonly thresholds: TokenPolicy;
  readonly guarantee: Guarantee;
  /** By layer: how often its exit says what the whole model says, on held-out windows. */
  readonly exits: readonly { readonly layer: number; readonly agreement: number }[];
  readonly shortlist: { readonly tokens: number; readonly agreement: number };
  /** Where held-out tokens are answered from, by known text; and in generating. */
  readonly answered: { readonly exit: number; readonly shortlist: number; readonly full: number };
  readonly generated: {
    readonly exit: number;
    readonly shortlist: number;
    readonly full: number;
    readonly sameTokens: number;
  };
  /** Share of the whole model's weights that a token reads. */
  readonly weightsRead: number;
  readonly bestFixed: { readonly layer: number; readonly loss: number; readonly kept: boolean };
  /** What was generated, token by token, with the layers that ran before each was given. */
  readonly samples: readonly {
    readonly prompt: string;
    readonly pieces: readonly { readonly text: string; readonly layers: number }[];
  }[];
  /** Places of a dial from careful to fast: all that keep the promise. */
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number; readonly weightsRead: number }[];
  readonly windows: {
    readonly train: number;
    readonly tuning: number;
    readonly calibration: number;
    readonly test: number;
  };
  readonly worthwhile: boolean;
  readonly proposals: readonly string[];
  readonly model: string;
}

const PROMPTS = 12;
const WORTH = 1.05;

/**
 * @param sequences token ids of the user's texts
 * @throws UserError adapt/too-few-rows, arguments/incompatible, training/diverged, disk/full, file/*
 */
export async function adaptDecoder(
  model: Model,
  sequences: Iterable<ArrayLike<number>>,
  out: string,
  options: AdaptOptions,
  context: AdaptDecoderContext,
): Promise<AdaptDecoderResult> {
  await assertReplaceable(out);
  const { config } = model;
  const head = model.architecture.head(config);
  if (head.bias || head.addedRow)
    throw new UserError(
      'arguments/incompatible',
      'a head with a bias has no short list yet: take a model of another family',
    );
  if (config.layers < 3) throw new UserError('arguments/incompatible', 'a model of so few layers cannot stop early');
  const cut = cutWindows(sequences, options.window).slice(0, Math.ceil(options.tokens / options.window));
  const parts = splitWindows(cut, options);
  assertEnough(parts.calibration.length, cut.length, options);
  const layers = options.exits ?? defaultExits(config.layers);
  const wrong = layers.find((layer) => layer < 1 || layer >= config.layers);
  if (wrong !== undefined)
    throw new UserError('arguments/invalid', `--exits: ${wrong} is no layer below the last (${config.layers})`);

  const tokenizer = await loadTokenizer(model.folder);
  const states = await collectStates(model, parts.train, layers, context);
  const list = await shortlistOf(model, parts.train, options.shortlist);
  const training = {
    epochs: options.epochs ?? 2,
    batchSize: 512,
    learningRate: options.learningRate ?? 1e-3,
    seed: options.seed,
  };
  const maps = await trainMaps(states, list.weight, config.width, training, context);
  const tableOf = async (windows: readonly Int32Array[]): Promise<TokenTable> =>
    tabulate(model, await collectStates(model, windows, layers, context), maps, list, context.threads);
  const tied = head.tied;
  const costs = costsOf(config, model.parameters, list.tokens.length, tied);
  const { metric, maxLoss, confidence } = options;
  const candidates = proposePolicies(await tableOf(parts.tuning), costs, metric);
  const proving = await tableOf(parts.calibration);
  const pValueOf = (policy: TokenPolicy) =>
    netPValue(windowLosses(proving, decide(proving, policy), policy.layer, metric), maxLoss);
  const level = 1 - confidence;
  const accepted = testInSequence(candidates, pValueOf, level);
  const none: TokenPolicy = { layer: layers.at(-1)!, exit: NEVER, shortlist: NEVER };
  const chosen: TokenPolicy = candidates[accepted - 1] ?? none;
  const policy = { layer: chosen.layer, exit: chosen.exit, shortlist: chosen.shortlist };
  const test = await tableOf(parts.test);
  const decisions = decide(test, policy);
  const losses = windowLosses(test, decisions, policy.layer, metric);

  const exits: Exits = { layer: policy.layer, map: maps.get(policy.layer)!, tokens: list.tokens, weight: list.weight };
  const prompts = parts.test.slice(0, PROMPTS).map((window) => [...window.subarray(0, Math.ceil(window.length / 2))]);
  // Where nothing may stop early the whole model answers, as before.
  const nothing = accepted === 0;
  const times = nothing
    ? undefined
    : await measureDecoding(await openStored(model.folder), exits, policy, prompts, context);
  const ratios = (times?.full ?? [1]).map((time, i) => time / (times?.adaptive[i] ?? 1)).sort((x, y) => x - y);
  const speedup = times ? mean(times.full) / mean(times.adaptive) : 1;
  const count = (kind: number) => mean(Array.from(decisions, (d) => Number(d === kind)));
  const right = (answers: ArrayLike<number>) => {
    const known = [...test.next.keys()].filter((t) => test.next[t] >= 0);
    return mean(known.map((t) => Number(answers[t] === test.next[t])));
  };
  const answers = Int32Array.from(decisions, (d, t) =>
    d === 0 ? test.exits.get(policy.layer)!.tokens[t] : d === 1 ? test.shortlist.tokens[t] : test.full[t],
  );
  const agreement = (tokens: ArrayLike<number>) => mean(Array.from(test.full, (full, t) => Number(full === tokens[t])));
  const fixed = { layer: layers.at(-1)!, exit: -1, shortlist: NEVER };
  const fixedLoss = mean(windowLosses(test, decide(test, fixed), fixed.layer, metric));
  const worthwhile = speedup >= WORTH;
  const guarantee: Guarantee = {
    metric,
    maxLoss,
    confidence,
    calibrationRows: parts.calibration.length,
    method: `Learn then Test, fixed sequence of ${candidates.length}, binomial tail and betting over windows of ${options.window} tokens`,
    pValue: accepted > 0 ? pValueOf(policy) : 0,
    calibrationLoss: accepted > 0 ? mean(windowLosses(proving, decide(proving, policy), policy.layer, metric)) : 0,
    tested: candidates.length,
    accepted,
    heldOut: { rows: parts.test.length, loss: mean(losses), kept: mean(losses) <= maxLoss },
  };
  await writeDecoderExits(
    out,
    model,
    exits,
    {
      version: 1,
      kind: 'decoder',
      layers: config.layers,
      thresholds: policy,
      dial: candidates.slice(0, accepted).filter(({ layer }) => layer === policy.layer),
      guarantee,
      worthwhile,
    },
    { ...options },
  );
  return {
    kind: 'decoder',
    layers: config.layers,
    meanLayersUsed: mean(Array.from(decisions, (d) => (d === 0 ? policy.layer : config.layers))),
    speedup,
    speedupRange: [ratios[0], ratios.at(-1)!],
    milliseconds: times && { full: mean(times.full), adaptive: mean(times.adaptive) },
    metric: {
      name: 'token accuracy',
      full: right(test.full),
      adaptive: right(answers),
      loss: right(test.full) - right(answers),
    },
    thresholds: policy,
    guarantee,
    exits: layers.map((layer) => ({ layer, agreement: agreement(test.exits.get(layer)!.tokens) })),
    shortlist: { tokens: list.tokens.length, agreement: agreement(test.shortlist.tokens) },
    answered: { exit: count(0), shortlist: count(1), full: count(2) },
    generated: times
      ? { ...times.kinds, sameTokens: times.sameTokens }
      : { exit: 0, shortlist: 0, full: 1, sameTokens: 1 },
    weightsRead: nothing ? 1 : costOf(decisions, policy, costs),
    bestFixed: { layer: fixed.layer, loss: fixedLoss, kept: fixedLoss <= maxLoss },
    samples: (times?.samples ?? []).map(({ prompt, ids, layers: depths }) => ({
      prompt: tokenizer.decode(prompt),
      pieces: piecesOf(tokenizer, ids).map((text, i) => ({ text, layers: depths[i] })),
    })),
    dial: candidates.slice(0, accepted).map((candidate) => ({
      loss: candidate.loss,
      weightsRead: candidate.cost,
      meanLayers: mean(Array.from(decide(proving, candidate), (d) => (d === 0 ? candidate.layer : config.layers))),
    })),
    windows: {
      train: parts.train.length,
      tuning: parts.tuning.length,
      calibration: parts.calibration.length,
      test: parts.test.length,
    },
    worthwhile,
    proposals: worthwhile
      ? []
      : [
          'Allow a larger loss, or calibrate on more text.',
          'Quantize the model: fewer bytes a token for every token.',
          'Distil it into a smaller student, or put a small model in front of it (a cascade).',
        ],
    model: resolve(out),
  };
}

function assertEnough(have: number, all: number, { maxLoss, confidence, window }: AdaptOptions): void {
  const needed = requiredRows(netPValue, maxLoss, 1 - confidence);
  if (have >= needed) return;
  const total = have === 0 ? needed * 4 : Math.ceil((all * needed) / have);
  throw new UserError(
    'adapt/too-few-rows',
    `to promise a loss of at most ${maxLoss} with ${100 * confidence} % confidence takes ${needed} calibration windows of ${window} tokens, and there are ${have}: give about ${total} windows (${total * window} tokens) in all, or allow more`,
  );
}

/** The text that each token adds. */
function piecesOf(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const through = ids.map((_, i) => tokenizer.decode(ids.slice(0, i + 1)));
  return through.map((text, i) => text.slice(through[i - 1]?.length ?? 0));
}

/** About three quarters, seven eighths and all but two of the layers. */
function defaultExits(layers: number): number[] {
  const wanted = [Math.round(0.73 * layers), Math.round(0.87 * layers), layers - 2].map((layer) =>
    Math.min(layers - 1, Math.max(1, layer)),
  );
  return [...new Set(wanted)].sort((a, b) => a - b);
}

/** The tokens that the texts use most, and their rows of the head. */
async function shortlistOf(
  model: Model,
  windows: readonly Int32Array[],
  size: number,
): Promise<{ tokens: number[]; weight: Float32Array }> {
  const counts = new Map<number, number>();
  for (const window of windows) for (const id of window) counts.set(id, (counts.get(id) ?? 0) + 1);
  const { width, vocabulary } = model.config;
  const used = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || a - b).slice(0, size);
  // Early ids of most tokenizers are the commonest pieces: they fill what the texts leave.
  const seen = new Set(used);
  for (let id = 0; used.length < Math.min(size, vocabulary); id++) if (!seen.has(id)) used.push(id);
  const tokens = used.sort((a, b) => a - b);
  const name = `${model.architecture.head(model.config).name}.weight`;
  const head = await readFloats(model.weights.get(name)!);
  const weight = new Float32Array(tokens.length * width);
  tokens.forEach((token, i) => {
    weight.set(head.subarray(token * width, (token + 1) * width), i * width);
  });
  return { tokens, weight };
}
