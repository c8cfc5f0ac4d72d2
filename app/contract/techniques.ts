/** What can be done to a model: settings as JSON Schema, presets, and estimates before anything starts. */
import { z } from 'zod';
import { bytes, count, id, json, modelId, nothing, procedure } from './shared.ts';

export const preset = z.object({
  id: z.enum(['quick', 'balanced', 'best']),
  title: z.string(),
  /** "LoRA r8, 200 steps". */
  summary: z.string(),
  values: json,
  /** Settings that ask for this one in place of those without; all of them have to be so. */
  where: json.optional(),
});
export type Preset = z.infer<typeof preset>;

export const technique = z.object({
  /** Also the name of the recipe's step and of the command. */
  name: z.string(),
  title: z.string(),
  summary: z.string(),
  group: z.enum(['tune', 'shrink', 'run']),
  /** `required`: cannot start without a data set; `optional`: quality is measured on it. */
  data: z.enum(['required', 'optional', 'none']),
  /** JSON Schema of the settings: title, description, default and range of each. Data, model and folder are not in it. */
  schema: json,
  presets: z.array(preset),
});
export type TechniqueInfo = z.infer<typeof technique>;

export const estimate = z.object({
  seconds: z.object({ low: z.number(), mid: z.number(), high: z.number() }),
  memoryBytes: bytes,
  memoryAvailableBytes: bytes,
  diskBytes: bytes,
  diskFreeBytes: bytes,
  /** Size of the resulting model. */
  resultBytes: bytes.optional(),
  /** `float16`, `int4`, … */
  resultFormat: z.string().optional(),
  /** Parameters of the resulting model, and tokens per second of the model as it is and of the result, where they change. */
  resultParameters: z.number().optional(),
  decodeTokensPerSecond: z.object({ now: z.number(), result: z.number() }).optional(),
  /** Optimiser steps, where there are some. */
  steps: count.optional(),
  /** Share of the texts that are longer than the tokens that are read of each. */
  cut: z.object({ share: z.number(), length: count }).optional(),
  fits: z.enum(['yes', 'tight', 'no']),
  reason: z.string().optional(),
  /** One click away: `options` laid over the present ones. */
  remedies: z.array(z.object({ label: z.string(), options: json, memoryBytes: bytes })),
  rows: count.optional(),
  usableRows: count.optional(),
  supervisedShare: z.number().optional(),
  /** What the figures rest on; they are estimates, never measurements. */
  basis: z.string(),
});
export type Estimate = z.infer<typeof estimate>;

/** Of one layer: what is expected to be lost when it alone is rounded, by the bits of a weight. */
export const layerSensitivity = z.object({
  layer: count,
  parameters: count,
  losses: z.array(z.object({ bits: count, loss: z.number() })),
});
export type LayerSensitivity = z.infer<typeof layerSensitivity>;

/** What it costs when layers go, the least influential first. */
export const depthCurve = z.object({
  /** In the order in which they go. */
  removed: z.array(z.number().int().nonnegative()),
  /** Of the text, with none gone, one, two, … */
  perplexities: z.array(z.number()),
  /** Of every layer: 1 - mean cosine of what it reads and what it gives. */
  influence: z.array(z.number()),
});
export type DepthCurve = z.infer<typeof depthCurve>;

export const techniques = {
  list: procedure.input(nothing).output(z.array(technique)),
  estimate: procedure
    .input(z.object({ technique: z.string(), modelId, datasetId: id.optional(), options: json.default({}) }))
    .output(estimate),
  /** Both measured with the given data or a sample text; takes seconds to minutes, then it is known. */
  depthCurve: procedure.input(z.object({ modelId, datasetId: id.optional() })).output(depthCurve),
  sensitivity: procedure.input(z.object({ modelId, datasetId: id.optional() })).output(z.array(layerSensitivity)),
};
