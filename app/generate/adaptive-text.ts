/** Text from a decoder that `lathe adapt` gave exits: easy tokens are answered early, the whole model only where that is not sure. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { EXITS_FILE, readAdaptiveNote } from '../models/adaptive-note.ts';
import { openModel } from '../models/model.ts';
import { openStored } from '../models/stored.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { readConstant, readFloats, safetensorsConstants } from '../models/weights/constants.ts';
import { AdaptiveDecoder, type Exits, type StepKind, type StepThresholds } from './adaptive-decoder.ts';
import { type Generation, writeText } from './generate.ts';
import type { SamplingOptions } from './sampler.ts';

export interface AdaptiveOptions {
  readonly maxTokens: number;
  readonly stopIds?: readonly number[];
  readonly stop?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface AdaptiveGeneration extends Generation {
  readonly layers: number;
  readonly meanLayersUsed: number;
  /** Share of the tokens that each answered. */
  readonly answered: Readonly<Record<StepKind, number>>;
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

/**
 * @returns undefined where the model has no exits, or none that pay and no threshold is asked for, or where tokens are drawn
 * @throws UserError arguments/incompatible for a threshold that cannot be followed; model/*, weights/*, runtime/*
 */
export async function openAdaptiveWriter(
  folder: string,
  { temperature = 0, repetitionPenalty = 1 }: Pick<SamplingOptions, 'temperature' | 'repetitionPenalty'>,
  { threshold, ...settings }: WriterSettings,
): Promise<AdaptiveWriter | undefined> {
  const note = await readAdaptiveNote(folder);
  if (note?.kind !== 'decoder') {
    if (threshold === undefined) return undefined;
    throw new UserError('arguments/incompatible', `${folder} has no exits: lathe adapt gives it some`);
  }
  if (temperature > 0 || repetitionPenalty !== 1) {
    if (threshold === undefined) return undefined;
    throw new UserError('arguments/incompatible', 'exits answer greedily: --threshold goes with --temperature 0');
  }
  if (threshold === undefined && !note.worthwhile) return undefined;
  const thresholds = threshold === undefined ? note.thresholds : { exit: threshold, shortlist: threshold };
  const stored = await openStored(folder);
  const decoder = await AdaptiveDecoder.open(stored, await openExits(folder, note.thresholds.layer), settings);
  return {
    async write(tokenizer, prompt, options, onText) {
      decoder.reset();
      const counts = { exit: 0, shortlist: 0, full: 0 };
      let layers = 0;
      const steps = stepsOf(decoder, prompt, thresholds, options, (kind, used) => {
        counts[kind] += 1;
        layers += used;
      });
      const generation = await writeText(steps, tokenizer, { prompt: prompt.length, stop: options.stop }, onText);
      const count = Math.max(1, counts.exit + counts.shortlist + counts.full);
      return {
        ...generation,
        layers: stored.config.layers,
        meanLayersUsed: layers / count,
        answered: { exit: counts.exit / count, shortlist: counts.shortlist / count, full: counts.full / count },
      };
    },
    dispose: () => decoder.dispose(),
  };
}

async function* stepsOf(
  decoder: AdaptiveDecoder,
  prompt: readonly number[],
  thresholds: StepThresholds,
  { maxTokens, stopIds, signal }: AdaptiveOptions,
  onStep: (kind: StepKind, layers: number) => void,
): AsyncGenerator<number, void> {
  const stops = new Set(stopIds);
  let next: readonly number[] = prompt;
  const most = Math.min(maxTokens, decoder.maxLength - prompt.length);
  for (let i = 0; i < most; i++) {
    const { token, kind, layers } = await decoder.extend(next, thresholds, signal);
    onStep(kind, layers);
    if (stops.has(token)) return;
    yield token;
    next = [token];
  }
}

/** The map and the short list of an adapted folder; the list's rows are those of the model's head. */
async function openExits(folder: string, layer: number): Promise<Exits> {
  const model = await openModel(folder);
  const stored = await safetensorsConstants(join(folder, EXITS_FILE));
  const part = (name: string) => {
    const constant = stored.get(name);
    if (!constant) throw new UserError('model/not-a-model', `${folder}/${EXITS_FILE} has no ${name}: adapt it again`);
    return constant;
  };
  const tokens = Array.from((await readConstant(part('shortlist.tokens'))).data as Int32Array, Number);
  const { width } = model.config;
  const head = await readFloats(model.weights.get(`${model.architecture.head(model.config).name}.weight`)!);
  const weight = new Float32Array(tokens.length * width);
  tokens.forEach((token, i) => {
    weight.set(head.subarray(token * width, (token + 1) * width), i * width);
  });
  const map = { weight: await readFloats(part('exit.weight')), bias: await readFloats(part('exit.bias')) };
  return { layer, map, tokens, weight };
}
