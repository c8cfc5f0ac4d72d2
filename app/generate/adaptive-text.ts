/** Text from a decoder that `lathe adapt` gave exits: easy tokens are answered early, the whole model only where that is not sure. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { type AdaptiveNote, EXITS_FILE, readAdaptiveNote } from '../models/adaptive-note.ts';
import { pickHead } from '../models/graphs/list-head.ts';
import { openStored, type StoredModel } from '../models/stored.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { readConstant, readFloats, safetensorsConstants } from '../models/weights/constants.ts';
import { AdaptiveDecoder, type Exits, type StepThresholds } from './adaptive-decoder.ts';
import { type AdaptiveTokensOptions, type AnsweredToken, adaptiveTokens } from './adaptive-tokens.ts';
import { type Generation, writeText } from './generate.ts';
import type { SamplingOptions } from './sampler.ts';
import { piecesOf } from './text-stream.ts';

export interface AdaptiveOptions {
  readonly maxTokens: number;
  readonly stopIds?: readonly number[];
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
  /** From fast (0) to careful (1: the whole model); default what was proved. */
  readonly threshold?: number;
}

export interface AdaptiveGeneration extends Generation {
  readonly layers: number;
  readonly meanLayersUsed: number;
  /** Share of the tokens that each answered. */
  readonly answered: Readonly<Record<AnsweredToken['kind'], number>>;
  /** What came, token by token, with the layers that ran before each was given. */
  readonly pieces: readonly { readonly text: string; readonly layers: number }[];
}

export interface AdaptiveWriter {
  /** Always from an empty cache. @param onText gets each new piece of whole characters */
  write(
    tokenizer: Tokenizer,
    prompt: readonly number[],
    options: AdaptiveOptions,
    onText?: (piece: string) => void,
  ): Promise<AdaptiveGeneration>;
  dispose(): void;
}

export interface WriterSettings {
  readonly threads?: number;
  readonly maxLength: number;
  /** From fast (0) to careful (1: the whole model); default what was proved, where that was measured to be faster. */
  readonly threshold?: number;
}

type Drawing = Pick<SamplingOptions, 'temperature' | 'repetitionPenalty'>;
export type DecoderNote = Extract<AdaptiveNote, { kind: 'decoder' }>;

/**
 * @returns undefined where the model has no exits, or none that pay and no threshold is asked for, or where tokens are drawn
 * @throws UserError arguments/incompatible for a threshold that cannot be followed
 */
export async function exitsToFollow(
  folder: string,
  { temperature = 0, repetitionPenalty = 1 }: Drawing,
  threshold?: number,
): Promise<DecoderNote | undefined> {
  const note = await readAdaptiveNote(folder);
  if (note?.kind !== 'decoder') {
    if (threshold === undefined) return undefined;
    const why =
      note?.kind === 'chat-cascade'
        ? 'is a cascade, which answers chats (--chat)'
        : 'has no exits: lathe adapt gives it some';
    throw new UserError('arguments/incompatible', `${folder} ${why}`);
  }
  if (temperature > 0 || repetitionPenalty !== 1) {
    if (threshold === undefined) return undefined;
    throw new UserError('arguments/incompatible', 'exits answer greedily: a threshold goes with temperature 0');
  }
  return threshold === undefined && !note.worthwhile ? undefined : note;
}

/**
 * @returns undefined as `exitsToFollow`
 * @throws UserError as `exitsToFollow`; model/*, weights/*, runtime/*
 */
export async function openAdaptiveWriter(
  folder: string,
  drawing: Drawing,
  { threshold, ...settings }: WriterSettings,
): Promise<AdaptiveWriter | undefined> {
  const note = await exitsToFollow(folder, drawing, threshold);
  if (!note) return undefined;
  const { write, dispose } = await openExitsWriter(folder, note, settings);
  return {
    write: (tokenizer, prompt, options, onText) => write(tokenizer, prompt, { threshold, ...options }, onText),
    dispose,
  };
}

/** One number for all ways of answering, or what was proved: the gate lets through what it thinks is nearly as sure. */
export const thresholdsOf = ({ thresholds, gateSlack }: DecoderNote, one?: number): StepThresholds =>
  one === undefined ? thresholds : { exit: one, shortlist: one, gate: one > 0 ? one - gateSlack : undefined };

/** @throws UserError model/*, weights/*, runtime/* */
export const openAdaptiveDecoder = async (
  stored: StoredModel,
  { thresholds }: DecoderNote,
  settings: Omit<WriterSettings, 'threshold'>,
): Promise<AdaptiveDecoder> => AdaptiveDecoder.open(stored, await openExits(stored, thresholds.layer), settings);

/** Each answer follows the threshold of its own options, or what was proved. @throws UserError model/*, weights/*, runtime/* */
export async function openExitsWriter(
  folder: string,
  note: DecoderNote,
  settings: Omit<WriterSettings, 'threshold'>,
): Promise<AdaptiveWriter> {
  const stored = await openStored(folder);
  const decoder = await openAdaptiveDecoder(stored, note, settings);
  return {
    async write(tokenizer, prompt, { stopIds, stop, threshold, ...options }, onText) {
      decoder.rewind(0);
      const tokens: AnsweredToken[] = [];
      const thresholds = thresholdsOf(note, threshold);
      const steps = idsOf(decoder, prompt, { ...options, thresholds, drafts: true }, new Set(stopIds), tokens);
      const generation = await writeText(steps, tokenizer, { prompt: prompt.length, stop }, onText);
      const share = (kind: AnsweredToken['kind']) =>
        tokens.filter((token) => token.kind === kind).length / Math.max(1, tokens.length);
      return {
        ...generation,
        layers: stored.config.layers,
        meanLayersUsed: mean(tokens.map(({ layers }) => layers)),
        answered: { exit: share('exit'), shortlist: share('shortlist'), full: share('full') },
        pieces: piecesOf(tokenizer, generation.ids).map((text, i) => ({ text, layers: tokens[i].layers })),
      };
    },
    dispose: () => decoder.dispose(),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

async function* idsOf(
  decoder: AdaptiveDecoder,
  prompt: readonly number[],
  options: AdaptiveTokensOptions,
  stops: ReadonlySet<number>,
  tokens: AnsweredToken[],
): AsyncGenerator<number, void> {
  for await (const token of adaptiveTokens(decoder, prompt, options)) {
    tokens.push(token);
    if (stops.has(token.id)) return;
    yield token.id;
  }
}

/** What `lathe adapt` put into a folder. @throws UserError model/not-a-model, weights/* */
export async function openExits(model: StoredModel, layer: number): Promise<Exits> {
  const file = join(model.folder, EXITS_FILE);
  const stored = await safetensorsConstants(file);
  const part = (name: string) => {
    const constant = stored.get(name);
    if (!constant) throw new UserError('model/not-a-model', `${file} has no ${name}: adapt it again`);
    return constant;
  };
  const tokens = Array.from((await readConstant(part('shortlist.tokens'))).data as Int32Array, Number);
  const [weight, bias, gate] = await Promise.all(
    ['exit.weight', 'exit.bias', 'gate.weight'].map((name) => readFloats(part(name))),
  );
  const [gateBias] = await readFloats(part('gate.bias'));
  return { layer, map: { weight, bias }, gate: { weight: gate, bias: gateBias }, list: await pickHead(model, tokens) };
}
