/** A classifier kept open: what it says of one text after another; of `lathe adapt`, easy texts stop early. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { readAdaptiveNote, SMALL_FOLDER } from '../models/adaptive-note.ts';
import { type Described, describe } from '../models/architectures/index.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { openModel, readConfig } from '../models/model.ts';
import { findOnnx } from '../models/onnx-folder.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { openSession } from '../runtime/open.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { cascadeOf, sameLabels } from './cascade.ts';
import { textFeeds } from './text-feeds.ts';
import { openWholeSession } from './whole-session.ts';

export interface Classified {
  /** Probability of each label, in their order; where a text may have several, each by itself. Numbers for a regression. */
  readonly outputs: readonly number[];
  readonly tokens: number;
  /** The text was longer than what the model reads. */
  readonly cut: boolean;
  /** Layer after which an adaptive model stopped. */
  readonly layers?: number;
  /** Model of a cascade that answered: 1 is the small one. */
  readonly stage?: number;
}

export interface TextClassifier {
  readonly labels: readonly string[];
  /** `single`: one label of several; `multi`: any number of them; `regression`: numbers. */
  readonly problem: 'single' | 'multi' | 'regression';
  classify(texts: readonly string[]): Promise<Classified[]>;
  dispose(): void;
}

export interface ClassifierOptions {
  readonly threads?: number;
  /** Tokens of a text; default what the model was adapted with, else 512. */
  readonly maxLength?: number;
  /** Of an adaptive model, from fast (0) to careful (1: the whole model); default what its promise was proved for. */
  readonly threshold?: number;
}

/** @throws UserError arguments/incompatible for a model that is no classifier of texts; model/*, weights/*, tokenizer/* */
export async function openTextClassifier(folder: string, options: ClassifierOptions = {}): Promise<TextClassifier> {
  const note = await readAdaptiveNote(folder);
  if (note === undefined || note.kind === 'decoder' || note.kind === 'chat-cascade') {
    if (options.threshold !== undefined)
      throw new UserError(
        'arguments/incompatible',
        `${folder} always runs as a whole: lathe adapt gives it a threshold`,
      );
    return openWhole(folder, options);
  }
  const maxLength = options.maxLength ?? note.maxLength;
  if (note.kind === undefined) return openStopping(folder, note.labels, { ...options, maxLength });
  const { temperature, threshold } = note;
  const parts = { threads: options.threads, maxLength };
  const small = await openWhole(join(folder, SMALL_FOLDER), parts);
  const large = await openWhole(folder, parts);
  const places = sameLabels(small.labels, large.labels);
  if (!places) throw new UserError('model/not-a-model', `the two models in ${folder} have different labels`);
  return cascadeOf(small, large, { temperature, threshold: options.threshold ?? threshold }, places);
}

/** One that runs all its layers, whatever `lathe adapt` wrote beside it. @throws UserError as `openTextClassifier` */
export async function openWhole(
  folder: string,
  { threads, maxLength = 512 }: Omit<ClassifierOptions, 'threshold'>,
): Promise<TextClassifier> {
  const [file] = await findOnnx(folder);
  if (file !== undefined) return openGraph(folder, file, { threads, maxLength });
  const model = await openModel(folder);
  const told = whatItSays(folder, model, model.configJson);
  const longest = Math.min(maxLength, model.config.maxLength);
  const session = await openWholeSession(model, longest, threads);
  return classifierOf(folder, longest, {
    ...told,
    async run(ids) {
      return { logits: Float64Array.from(await session.run(ids, 'logits')) };
    },
    dispose: () => session.dispose(),
  });
}

/** @throws UserError arguments/incompatible where it says nothing of a text as a whole */
function whatItSays(folder: string, { task }: Described, { id2label }: Readonly<Record<string, unknown>>) {
  if (task.kind !== 'classification') {
    throw new UserError('arguments/incompatible', `${folder} is no classifier of texts: make one by lathe transfer`);
  }
  const names = (id2label ?? {}) as Record<string, string>;
  return {
    labels: Array.from({ length: task.labels }, (_, id) => names[id] ?? `label ${id}`),
    problem: task.problem,
  };
}

/** A graph by itself beside its configuration, as quantizing leaves it. */
async function openGraph(
  folder: string,
  file: string,
  { threads, maxLength }: { readonly threads?: number; readonly maxLength: number },
): Promise<TextClassifier> {
  const configJson = await readConfig(folder);
  const described = describe(configJson);
  const told = whatItSays(folder, described, configJson);
  const session = await openSession(await readFile(file), { threads, dataFolder: dirname(file) });
  const output = session.outputs.includes('logits') ? 'logits' : session.outputs[0];
  return classifierOf(folder, Math.min(maxLength, described.config.maxLength), {
    ...told,
    async run(ids) {
      const results = await session.run(textFeeds(session, [ids]), [output]);
      return { logits: Float64Array.from(results[output].data as Float32Array) };
    },
    dispose: () => session.dispose(),
  });
}

/** The one file of an adaptive classifier, which stops by itself. */
async function openStopping(
  folder: string,
  labels: readonly string[],
  { threads, maxLength = 512, threshold }: ClassifierOptions,
): Promise<TextClassifier> {
  const model = await openModel(folder);
  const session = await openSession(await readFile(join(folder, 'onnx', 'model.onnx')), {
    threads,
    // Texts differ in length, and branches are a little faster without.
    memoryPattern: false,
  });
  const exits = model.config.layers - 1;
  const given: Record<string, Tensor> = {};
  if (threshold !== undefined) given.thresholds = float32([exits], new Float32Array(exits).fill(threshold));
  return classifierOf(folder, Math.min(maxLength, model.config.maxLength), {
    labels,
    problem: 'single',
    async run(ids) {
      const { logits, exit_layer } = await session.run({ ...textFeeds(session, [ids]), ...given });
      return { logits: Float64Array.from(logits.data as Float32Array), layers: Number(exit_layer.data[0]) };
    },
    dispose: () => session.dispose(),
  });
}

interface Runner extends Pick<TextClassifier, 'labels' | 'problem' | 'dispose'> {
  run(ids: Int32Array): Promise<{ readonly logits: Float64Array; readonly layers?: number }>;
}

async function classifierOf(folder: string, longest: number, runner: Runner): Promise<TextClassifier> {
  const tokenizer = await loadTokenizer(folder);
  const { labels, problem } = runner;
  return {
    labels,
    problem,
    async classify(texts) {
      const results: Classified[] = [];
      // One at a time: a person's few texts are not worth padding, and each stops where it may.
      for (const text of texts) {
        let cut = false;
        const [ids] = encodeTexts(tokenizer, [text], longest, () => {
          cut = true;
        });
        const { logits, ...more } = await runner.run(ids);
        results.push({ outputs: outputsOf(logits, problem), tokens: ids.length, cut, ...more });
      }
      return results;
    },
    dispose: () => runner.dispose(),
  };
}

function outputsOf(logits: Float64Array, problem: TextClassifier['problem']): number[] {
  if (problem === 'regression') return [...logits];
  if (problem === 'multi') return Array.from(logits, (v) => 1 / (1 + Math.exp(-v)));
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponents = Array.from(logits, (v) => Math.exp(v - most));
  const sum = exponents.reduce((a, b) => a + b, 0);
  return exponents.map((e) => e / sum);
}
