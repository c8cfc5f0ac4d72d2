/**
 * Finds out how early a decoder may answer on the user's texts: an exit head trained on the frozen model, a short list of
 * the tokens that these texts use, and thresholds proved on calibration windows (Learn then Test; CALM, Schuster et al. 2022).
 */

import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { mean } from '../../evaluate/statistics.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import type { Exits } from '../../generate/adaptive-decoder.ts';
import { piecesOf } from '../../generate/text-stream.ts';
import { NEVER } from '../../models/adaptive-note.ts';
import { pickHead } from '../../models/graphs/list-head.ts';
import type { StoredModel } from '../../models/stored.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import type { AdaptContext } from './adapt-context.ts';
import { type DecoderNote, writeDecoderExits } from './decoder-folder.ts';
import {
  costOf,
  costsOf,
  type DecoderCandidate,
  decide,
  proposePolicies,
  type TokenPolicy,
  windowLosses,
} from './decoder-policy.ts';
import type { AdaptDecoderResult } from './decoder-result.ts';
import { collectStates } from './decoder-states.ts';
import { Tabulator, type TokenTable, type TrainedExit } from './decoder-table.ts';
import type { Guarantee } from './exit-report.ts';
import { keptExits } from './kept-exits.ts';
import { measureDecoding } from './measure-decoding.ts';
import { levelOfTwo, requiredRows, testInSequence, windowPValue } from './risk.ts';
import type { AdaptOptions } from './schema.ts';
import { shortlistOf } from './short-list.ts';
import { cutWindows, splitWindows } from './token-windows.ts';
import { type DecoderTraining, defaultExits, trainDecoderExits } from './train-decoder-exits.ts';

const PROMPTS = 12;
const WORTH = 1.05;
const CHOICES = ['shortlist', 'exits', 'shortlistDrafts', 'exitsDrafts'] as const;

/**
 * @param sequences token ids of the user's texts
 * @throws UserError adapt/too-few-rows, arguments/incompatible, training/diverged, disk/full, file/*
 */
export async function adaptDecoder(
  model: StoredModel,
  sequences: Iterable<ArrayLike<number>>,
  out: string,
  given: AdaptOptions,
  context: AdaptContext,
): Promise<AdaptDecoderResult> {
  await assertReplaceable(out);
  const { config } = model;
  const kept = given.keepExits ? await keptExits(model, given) : undefined;
  const options = kept?.options ?? given;
  if (config.layers < 3) throw new UserError('arguments/incompatible', 'a model of so few layers cannot stop early');
  const all = cutWindows(sequences, options.window);
  const cut = all.slice(0, Math.ceil(options.tokens / options.window));
  const parts = splitWindows(cut, options);
  assertEnough(parts.calibration.length, cut.length, options);
  const layers = kept ? [...kept.trained.keys()] : (options.exits ?? defaultExits(config.layers));
  const wrong = layers.find((layer) => layer < 1 || layer >= config.layers);
  if (wrong !== undefined)
    throw new UserError('arguments/invalid', `--exits: ${wrong} is no layer below the last (${config.layers})`);

  // Counting tokens is free: the list also sees what is beyond the limit, where no window proves anything.
  const proving = new Set([...parts.tuning, ...parts.calibration, ...parts.test].map((window) => window.join()));
  const beyond = all.slice(cut.length).filter((window) => !proving.has(window.join()));
  const counted = [...parts.train, ...beyond];
  const list = kept?.list ?? (await pickHead(model, shortlistOf(counted, options.shortlist, config.vocabulary)));
  const tabulator = await Tabulator.open(model, list, context.threads);
  try {
    const training = { model, parts, layers, list, tabulator, options };
    const trained = kept?.trained ?? (await trainDecoderExits(training, context));
    return await make({ ...training, trained, out }, context);
  } finally {
    tabulator.dispose();
  }
}

interface Work extends DecoderTraining {
  readonly trained: ReadonlyMap<number, TrainedExit>;
  readonly out: string;
}

async function make(work: Work, context: AdaptContext): Promise<AdaptDecoderResult> {
  const { model, parts, layers, list, tabulator, trained, out, options } = work;
  const { config } = model;
  const { metric, maxLoss, confidence } = options;
  const tableOf = async (windows: readonly Int32Array[]): Promise<TokenTable> =>
    tabulator.table(await collectStates(model, windows, layers, context), trained);
  const costs = costsOf(config, model.parameters, list.tokens.length, model.architecture.head(config).tied);
  const proposed = proposePolicies(await tableOf(parts.tuning), costs, metric);
  const proving = await tableOf(parts.calibration);
  const lossesOf = (table: TokenTable, policy: TokenPolicy) =>
    windowLosses(table, decide(table, policy), policy.layer, metric);
  // Two sequences of tests share what may go wrong: with all layers for every token, and with exits.
  const accept = (candidates: readonly DecoderCandidate[], level = levelOfTwo(options)) =>
    candidates.slice(
      0,
      testInSequence(candidates, (policy) => windowPValue(lossesOf(proving, policy), maxLoss), level),
    );
  const listOnly = accept(proposed.listOnly);
  const withExits = accept(proposed.exits);
  const none: TokenPolicy = { layer: layers.at(-1)!, exit: NEVER, shortlist: NEVER };
  const careful = policyOf(listOnly.at(-1) ?? none);
  const early = policyOf(withExits.at(-1) ?? { ...careful });
  // Never chosen, so a promise of its own: what exits bring where the last step asks the whole head at once.
  const exitsAlone = accept(proposed.exitsAlone, 1 - confidence).filter(({ layer }) => layer === early.layer);

  // Where nothing may stop early the whole model answers, as before.
  const nothing = listOnly.length + withExits.length === 0;
  const exits: Exits = { layer: early.layer, ...trained.get(early.layer)!, list };
  const prompts = parts.test.slice(0, PROMPTS).map((window) => [...window]);
  const ways = {
    shortlist: { thresholds: careful, drafts: false },
    exits: { thresholds: early, drafts: false },
    exitsAlone: { thresholds: policyOf(exitsAlone.at(-1) ?? none), drafts: false },
    shortlistDrafts: { thresholds: careful, drafts: true },
    exitsDrafts: { thresholds: early, drafts: true },
  };
  const times = nothing ? undefined : await measureDecoding(model, exits, ways, prompts, context);
  const speedOf = (way: keyof typeof ways) => (times ? mean(times.full) / mean(times.ways[way].milliseconds) : 1);
  // The fastest of what is proved.
  const chosenWay = CHOICES.reduce((a, b) => (speedOf(b) > speedOf(a) ? b : a));
  const stopsEarly = chosenWay.startsWith('exits') && withExits.length > 0;
  const policy = stopsEarly ? early : { ...careful, layer: early.layer };
  const accepted = stopsEarly ? withExits : listOnly;
  const candidates = stopsEarly ? proposed.exits : proposed.listOnly;
  const chosen = times?.ways[chosenWay];
  const ratios = (times?.full ?? [1]).map((time, i) => time / (chosen?.milliseconds[i] ?? 1)).sort((x, y) => x - y);
  const speedup = speedOf(chosenWay);

  const test = await tableOf(parts.test);
  const decisions = decide(test, policy);
  const losses = windowLosses(test, decisions, policy.layer, metric);
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
  const fixedLoss = mean(lossesOf(test, fixed));
  const worthwhile = speedup >= WORTH;
  const guarantee: Guarantee = {
    metric,
    maxLoss,
    confidence,
    calibrationRows: parts.calibration.length,
    method: `Learn then Test, fixed sequences of ${proposed.listOnly.length} and ${proposed.exits.length}, betting over windows of ${options.window} tokens`,
    pValue: accepted.length > 0 ? windowPValue(lossesOf(proving, policy), maxLoss) : 0,
    calibrationLoss: accepted.length > 0 ? mean(lossesOf(proving, policy)) : 0,
    tested: candidates.length,
    accepted: accepted.length,
    heldOut: { rows: parts.test.length, loss: mean(losses), kept: mean(losses) <= maxLoss },
  };
  const note: DecoderNote = {
    version: 1,
    kind: 'decoder',
    layers: config.layers,
    thresholds: policy,
    gateSlack: policy.gate === undefined ? 1 : Math.max(0, policy.exit - policy.gate),
    dial: accepted.filter(({ layer }) => layer === policy.layer),
    guarantee,
    worthwhile,
  };
  await writeDecoderExits(out, model, exits, note, { ...options });
  const tokenizer = await loadTokenizer(model.folder);
  return {
    kind: 'decoder',
    layers: config.layers,
    meanLayersUsed: mean(Array.from(decisions, (d) => (d === 0 ? policy.layer : config.layers))),
    speedup,
    speedupRange: [ratios[0], ratios.at(-1)!],
    milliseconds: times && { full: mean(times.full), adaptive: mean(chosen!.milliseconds) },
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
    generated: chosen
      ? { ...chosen.kinds, sameTokens: chosen.sameTokens }
      : { exit: 0, shortlist: 0, full: 1, sameTokens: 1 },
    means: [
      { name: 'shortlist', speedup: listOnly.length > 0 ? speedOf('shortlist') : 1 },
      { name: 'exitsAlone', speedup: exitsAlone.length > 0 ? speedOf('exitsAlone') : 1 },
      { name: 'exits', speedup: withExits.length > 0 ? speedOf('exits') : 1 },
      { name: 'drafts', speedup },
    ],
    weightsRead: nothing ? 1 : costOf(test, decisions, policy, costs),
    bestFixed: { layer: fixed.layer, loss: fixedLoss, kept: fixedLoss <= maxLoss },
    samples: (chosen?.samples ?? []).map(({ prompt, ids, layers: depths }) => ({
      prompt: tokenizer.decode(prompt),
      pieces: piecesOf(tokenizer, ids).map((text, i) => ({ text, layers: depths[i] })),
    })),
    dial: accepted.map((candidate) => ({
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

/** The settings alone, without what was found about them. */
const policyOf = ({ layer, exit, shortlist, gate }: TokenPolicy): TokenPolicy => ({
  layer,
  exit,
  shortlist,
  ...(gate === undefined ? {} : { gate }),
});

function assertEnough(have: number, all: number, options: AdaptOptions): void {
  const { maxLoss, confidence, window } = options;
  const needed = requiredRows(windowPValue, maxLoss, levelOfTwo(options));
  if (have >= needed) return;
  const total = have === 0 ? needed * 4 : Math.ceil((all * needed) / have);
  throw new UserError(
    'adapt/too-few-rows',
    `to promise a loss of at most ${maxLoss} with ${100 * confidence} % confidence takes ${needed} calibration windows of ${window} tokens, and there are ${have}: give about ${total} windows (${total * window} tokens) in all, or allow more`,
  );
}
