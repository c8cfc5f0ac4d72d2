/** A model opened as a classifier of the given classes: its layers as they are, its head new. */
import { UserError } from '../../contract/errors.ts';
import type { MeanLayer, Pooling } from '../../models/architectures/architecture.ts';
import { describe } from '../../models/architectures/index.ts';
import { buildHeadGraph } from '../../models/graphs/head-graph.ts';
import { normal } from '../../models/initialise.ts';
import { type Model, openModel, readConfig } from '../../models/model.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import { Random } from '../../tensor/random.ts';
import { sizeOf } from '../../tensor/tensor.ts';

export interface Classifier {
  readonly model: Model;
  readonly labels: readonly string[];
  /** The weights that learn while the model is frozen: the last layer, or the whole head where all of it is new. */
  readonly head: readonly string[];
  /** Module whose outputs are the logits. */
  readonly outputLayer: string;
  /** Whether that is one linear layer. */
  readonly linear: boolean;
  /** First values of the weights that the model has not: those of the head and of a layer that takes the mean. */
  readonly fresh: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** transformers' names of families' classes begin like this; the rest follows from any class the family has. */
const CLASS_OF_TYPE: Readonly<Record<string, string>> = {
  bert: 'Bert',
  roberta: 'Roberta',
  'xlm-roberta': 'XLMRoberta',
  camembert: 'Camembert',
  distilbert: 'DistilBert',
  modernbert: 'ModernBert',
  llama: 'Llama',
  mistral: 'Mistral',
  qwen2: 'Qwen2',
  qwen3: 'Qwen3',
  gemma: 'Gemma',
  gemma2: 'Gemma2',
  gemma3_text: 'Gemma3Text',
  gpt2: 'GPT2',
  gpt_neox: 'GPTNeoX',
  opt: 'OPT',
  phi3: 'Phi3',
  smollm3: 'SmolLM3',
  stablelm: 'StableLm',
};

/** Of these transformers classifies texts, but not their tokens. */
const NO_TOKENS = new Set(['opt', 'gemma3_text']);

function classifierClass(config: Readonly<Record<string, unknown>>, perToken: boolean): string {
  const type = String(config.model_type);
  const family = CLASS_OF_TYPE[type];
  if (!family || (perToken && NO_TOKENS.has(type))) {
    const what = perToken ? 'classifier of tokens' : 'sequence classifier';
    throw new UserError('model/unsupported', `transformers has no ${what} for "${type}"`);
  }
  return `${family}For${perToken ? 'Token' : 'Sequence'}Classification`;
}

export const poolingOf = ({ task }: Model): Pooling => (task.kind === 'classification' ? task.pooling : 'first');

/** The same layers, asked for the mean of a text's tokens. */
export const byMean = (model: Model): Model => ({
  ...model,
  task: { kind: 'classification', labels: 1, pooling: 'mean', problem: 'regression' },
});

/** What texts are classified by: `own`, what the family's classifiers read; `mean`, all tokens alike. */
export type PoolingChoice = 'auto' | 'own' | 'mean';

export interface ClassifierOptions {
  readonly pooling: PoolingChoice;
  readonly seed: number;
  /** transformers' `problem_type`. */
  readonly problemType?: string;
  /** A label for each token instead of one for the text. */
  readonly perToken?: boolean;
}

/**
 * Opens a folder as `…ForSequenceClassification` or `…ForTokenClassification`. The head's last layer always begins anew; layers before it are taken
 * over where the model has them (BERT's pooler), unless they now get something else.
 * @throws UserError model/*, weights/*, arguments/incompatible for an encoder-decoder or a quantized folder
 */
export async function openClassifier(
  folder: string,
  labels: readonly string[],
  tokenizer: Tokenizer,
  { pooling, seed, problemType, perToken = false }: ClassifierOptions,
): Promise<Classifier> {
  const original = await readConfig(folder);
  const own = describe(original);
  if (own.architecture.kind === 'encoder-decoder') {
    throw new UserError('arguments/incompatible', 'an encoder-decoder has no classification head: take an encoder');
  }
  const { num_labels, problem_type, ...config } = original;
  const plain = {
    ...config,
    architectures: [classifierClass(original, perToken)],
    ...(problemType === undefined ? {} : { problem_type: problemType }),
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    // transformers' decoders look for the last token that is not padding.
    pad_token_id: config.pad_token_id ?? tokenizer.padId ?? tokenizer.eosId ?? 0,
  };
  // The first token of an encoder that was never a classifier says little about the whole text.
  const wantsMean = !perToken && (pooling === 'mean' || (pooling === 'auto' && own.task.kind === 'hidden-states'));
  const { configJson, meanLayer } = wantsMean ? readMean(plain) : { configJson: plain, meanLayer: undefined };
  if (wantsMean && pooling === 'mean' && configJson === plain) {
    throw new UserError('arguments/incompatible', `${own.architecture.name} cannot classify by the mean of all tokens`);
  }
  const described = describe(configJson);
  const { weights, outputLayer } = buildHeadGraph(described);
  const head = new Set(weights.map(({ name }) => name));
  const open = (isNew: (name: string) => boolean) =>
    openModel(folder, {
      configJson,
      fresh: ({ name }) => isNew(name) || (meanLayer !== undefined && name.startsWith(meanLayer.path)),
    });
  // Without a pooler to take over, the whole head is new.
  const model = meanLayer
    ? await open((name) => head.has(name))
    : await open((name) => name.startsWith(`${outputLayer}.`)).catch((error: unknown) => {
        const isOther = error instanceof UserError && /^weights\/(missing|wrong-shape)$/.test(error.code);
        if (isOther) return open((name) => head.has(name));
        throw error;
      });
  const random = new Random([seed, 0x4ead]);
  const fresh = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { name, shape } of model.weightSpecs) {
    if (model.weights.has(name)) continue;
    fresh.set(name, (meanLayer && meanValues(meanLayer, name, shape)) ?? initialValues(name, shape, random));
  }
  const isLinear = [...head].every((name) => name.startsWith(`${outputLayer}.`));
  const linear = meanLayer?.handsOn !== undefined || (perToken && isLinear);
  const learning = [...head].filter((name) => !linear || name.startsWith(`${outputLayer}.`));
  return { model, labels, head: learning, outputLayer, linear, fresh };
}

/** The configuration of a classifier that reads the mean of all tokens; the same one where its family has no such form. */
function readMean(config: Readonly<Record<string, unknown>>): {
  configJson: Readonly<Record<string, unknown>>;
  meanLayer: MeanLayer | undefined;
} {
  if (config.model_type === 'modernbert')
    return { configJson: { ...config, classifier_pooling: 'mean' }, meanLayer: undefined };
  const { architecture, config: read } = describe(config);
  const meanLayer = architecture.meanLayer?.(read);
  if (!meanLayer) return { configJson: config, meanLayer };
  return { configJson: { ...config, [meanLayer.layersKey]: read.layers + 1 }, meanLayer };
}

/** The mean counts so many times more than the token itself; the norm behind it makes nothing of the size. */
const MEAN_FACTOR = 64;
/** Small enough for tanh to be nearly straight, so that the head begins as a linear one. */
const HANDED_ON = 0.25;

/** First values of the layer that takes the mean, and of what hands it on; undefined for other weights. */
function meanValues(layer: MeanLayer, name: string, shape: readonly number[]): Float32Array<ArrayBuffer> | undefined {
  if (layer.handsOn !== undefined && name === `${layer.handsOn}.weight`) return diagonal(shape[0], HANDED_ON);
  if (!name.startsWith(layer.path)) return undefined;
  if (name === `${layer.path}${layer.value}.weight`) return diagonal(shape[0], MEAN_FACTOR);
  if (name === `${layer.path}${layer.output}.weight`) return diagonal(shape[0], 1);
  const isNorm = shape.length === 1 && name.endsWith('.weight');
  return new Float32Array(sizeOf(shape)).fill(isNorm ? 1 : 0);
}

function diagonal(size: number, value: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = value;
  return matrix;
}

/** As transformers: normal with standard deviation 0.02, biases zero, norms one. */
function initialValues(name: string, shape: readonly number[], random: Random): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(shape));
  if (name.endsWith('.bias')) return values;
  if (shape.length === 1) return values.fill(1);
  for (let i = 0; i < values.length; i++) values[i] = 0.02 * normal(random);
  return values;
}
