/** The library of models: lists, one model in every detail, and where models come from. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { measurements } from './measurements.ts';
import { bytes, count, failure, id, json, modelId, page, path, procedure, time } from './shared.ts';

export const modelSummary = z.object({
  id: modelId,
  name: z.string(),
  path: z.string(),
  architecture: z.string(),
  parameters: count,
  sizeBytes: bytes,
  bitsPerWeight: z.number(),
  /** `float32`, `float16`, `bfloat16`, `int4`, `int8`, … */
  format: z.string(),
  contextLength: count,
  /** What was last done to it: `import`, `finetune`, `quantize`, … */
  technique: z.string().optional(),
  /** The model it was made from, where that is in the library. */
  parent: modelId.optional(),
  /** The first ancestor in the library: versions of one model share it. */
  family: modelId,
  addedAt: time,
  /** The latest report. */
  measured: measurements.optional(),
  /** The folder cannot be opened as a model. */
  problem: failure.optional(),
});
export type ModelSummary = z.infer<typeof modelSummary>;

export const lineageStep = z.object({
  technique: z.string(),
  options: json,
  date: z.string(),
  versions: z.record(z.string(), z.string()),
  before: measurements.optional(),
  after: measurements.optional(),
});

export const modelDetail = modelSummary.extend({
  vocabulary: count,
  layers: count,
  width: count,
  source: z.string().optional(),
  hasChatTemplate: z.boolean(),
  hasAdapter: z.boolean(),
  /** Spends less where it is sure, as `lathe adapt` made it: by exits, or by a smaller model that is asked first. */
  adaptive: z.enum(['classifier', 'cascade', 'decoder', 'chat-cascade']).optional(),
  steps: z.array(lineageStep),
  /** Every report there is, the latest first. */
  measurements: z.array(z.object({ at: time, jobId: id.optional(), values: measurements })),
  children: z.array(modelId),
  config: json,
  files: z.array(z.object({ name: z.string(), bytes })),
});
export type ModelDetail = z.infer<typeof modelDetail>;

export const tensorInfo = z.object({ name: z.string(), shape: z.array(count), dtype: z.string(), bytes });
export type TensorInfo = z.infer<typeof tensorInfo>;

export const histogram = z.object({
  tensor: z.string(),
  shape: z.array(count),
  dtype: z.string(),
  /** Bounds of the bars: one more than there are bars. */
  edges: z.array(z.number()),
  counts: z.array(count),
  minimum: z.number(),
  maximum: z.number(),
  mean: z.number(),
  deviation: z.number(),
  zeros: count,
  values: count,
});

export const hubModel = z.object({
  repo: z.string(),
  downloads: count.optional(),
  likes: count.optional(),
  licence: z.string().optional(),
  gated: z.boolean(),
  updatedAt: z.string().optional(),
  architecture: z.string().optional(),
  /** Lathe knows this architecture. */
  supported: z.boolean().optional(),
  parameters: count.optional(),
  sizeBytes: bytes.optional(),
  /** From the estimate of running it here. */
  fits: z.enum(['yes', 'tight', 'no', 'unknown']),
  reason: z.string().optional(),
});
export type HubModel = z.infer<typeof hubModel>;

export const sampling = z.object({
  maxTokens: z.number().int().positive().max(4096).default(128),
  temperature: z.number().min(0).max(10).default(0),
  topK: count.default(0),
  topP: z.number().positive().max(1).default(1),
  minP: z.number().min(0).lt(1).default(0),
  repetitionPenalty: z.number().positive().max(10).default(1),
  seed: count.default(0),
});

export const sideBySidePiece = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), model: modelId, prompt: count, text: z.string() }),
  z.object({
    kind: z.literal('done'),
    model: modelId,
    prompt: count,
    text: z.string(),
    tokens: count,
    tokensPerSecond: z.number(),
    timeToFirstTokenMs: z.number(),
  }),
  z.object({ kind: z.literal('failed'), model: modelId, failure }),
]);

const oneModel = z.object({ id: modelId });
const startedJob = z.object({ jobId: id });

/** What depends on a model or data set; asked before it is removed. */
export const dependents = z.object({
  models: z.array(modelId),
  jobs: z.array(z.object({ id, title: z.string(), active: z.boolean() })),
  exports: z.array(z.object({ id, name: z.string() })),
  drafts: z.array(z.object({ id, title: z.string() })),
});

export const MODEL_SORTS = [
  'addedAt',
  'name',
  'parameters',
  'sizeBytes',
  'architecture',
  'perplexity',
  'decodeTokensPerSecond',
] as const;

export const models = {
  list: procedure
    .input(
      page.extend({
        sort: z.enum(MODEL_SORTS).default('addedAt'),
        descending: z.boolean().default(true),
        family: modelId.optional(),
      }),
    )
    .output(z.object({ total: count, items: z.array(modelSummary) })),
  get: procedure.input(oneModel).output(modelDetail),
  /** Who was made from whom; with `id` only that model's family. At most `limit` nodes, the newest. */
  lineage: procedure
    .input(z.object({ id: modelId.optional(), limit: z.number().int().positive().max(5000).default(500) }))
    .output(
      z.object({
        total: count,
        nodes: z.array(modelSummary),
        edges: z.array(z.object({ from: modelId, to: modelId, technique: z.string() })),
      }),
    ),
  /** A Hugging Face folder, GGUF file or ONNX folder. */
  import: procedure.input(z.object({ path, id: modelId.optional() })).output(startedJob),
  /** Puts a model that comes with Lathe into the library (at once: both are small) and says its id. */
  importEmbedded: procedure.input(z.object({ id: z.enum(['starter', 'minilm']) })).output(z.object({ id: modelId })),
  hubSearch: procedure
    .input(z.object({ query: z.string().max(200), limit: z.number().int().positive().max(50).default(20) }))
    .output(z.array(hubModel)),
  hubGet: procedure
    .input(z.object({ repo: z.string().max(200), revision: z.string().max(100).optional() }))
    .output(startedJob),
  layers: procedure.input(oneModel).output(z.array(tensorInfo)),
  histogram: procedure
    .input(oneModel.extend({ tensor: z.string(), bars: z.number().int().min(2).max(512).default(64) }))
    .output(histogram),
  tokenize: procedure
    .input(oneModel.extend({ text: z.string().max(100_000), special: z.boolean().default(false) }))
    .output(
      z.object({
        /** A token that ends inside a character shows as \uFFFD, the one that completes it as the character. */
        tokens: z.array(z.object({ id: count, text: z.string(), special: z.boolean() })),
        characters: count,
        bytes,
      }),
    ),
  /** Smaller models with the same labels, which can stand before a classifier in a cascade. */
  smallerModels: procedure.input(oneModel).output(z.array(modelSummary)),
  /** What a classifier says of texts. */
  classify: procedure.input(oneModel.extend({ texts: z.array(z.string().max(100_000)).min(1).max(20) })).output(
    z.object({
      labels: z.array(z.string()),
      problem: z.enum(['single', 'multi', 'regression']),
      /** Probabilities of the labels in their order, or numbers. */
      results: z.array(z.object({ outputs: z.array(z.number()), tokens: count, cut: z.boolean() })),
      milliseconds: z.number(),
    }),
  ),
  /** The words of a text, each with its likeliest tag and how likely that is. */
  tag: procedure.input(oneModel.extend({ text: z.string().max(100_000) })).output(
    z.object({
      words: z.array(z.object({ word: z.string(), label: z.string(), probability: z.number() })),
      milliseconds: z.number(),
    }),
  ),
  /** Cosine of the vectors that an encoder makes of two texts. */
  alike: procedure
    .input(oneModel.extend({ text: z.string().max(100_000), other: z.string().max(100_000) }))
    .output(z.object({ cosine: z.number(), milliseconds: z.number() })),
  /** README.md of the folder, as Markdown. */
  card: procedure.input(oneModel).output(z.object({ markdown: z.string() })),
  rename: procedure.input(oneModel.extend({ name: z.string().trim().min(1).max(120) })).output(modelSummary),
  dependents: procedure.input(oneModel).output(dependents),
  /** Into the trash; `trashId` undoes it. */
  remove: procedure.input(oneModel).output(z.object({ trashId: id })),
  /** Same prompts in every model, one model after the other. */
  sideBySide: procedure
    .input(
      sampling.extend({
        ids: z.array(modelId).min(1).max(4),
        prompts: z.array(z.string().min(1).max(20_000)).min(1).max(20),
      }),
    )
    .output(eventIterator(sideBySidePiece)),
};
