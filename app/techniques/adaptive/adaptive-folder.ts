/**
 * Folders of adaptive classifiers: the model in transformers' form, `exits.safetensors` with the heads, `adaptive.json` with
 * thresholds and proof, and `onnx/model.onnx`, which stops by itself in any ONNX Runtime.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { EXITS_FILE, NOTE_FILE } from '../../models/adaptive-note.ts';
import { exitWeights } from '../../models/graphs/exit-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { writeSafetensors } from '../../models/weights/safetensors-writer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { encodeModel, MESSAGE_BYTES } from '../../onnx/encode.ts';
import type { Graph } from '../../tensor/graph.ts';
import type { ExitRule } from './exit-graphs.ts';
import type { Guarantee } from './exit-report.ts';
import type { Values } from './exit-training.ts';

export interface AdaptiveNote {
  readonly version: 1;
  readonly labels: readonly string[];
  readonly layers: number;
  readonly rule: ExitRule;
  /** Of every exit but the last: a text stops where the exit's score is above it. */
  readonly thresholds: readonly number[];
  /** Layers after which it may stop: exits that pay for themselves. */
  readonly exits: readonly number[];
  /** From careful to fast: all that keep the promise. */
  readonly dial: readonly {
    readonly thresholds: readonly number[];
    readonly loss: number;
    readonly meanLayers: number;
  }[];
  readonly guarantee: Guarantee;
  readonly metric: Readonly<Record<string, unknown>>;
  /** The lowest layer at which everything could stop at the same promise. */
  readonly bestFixed: Readonly<Record<string, unknown>>;
  /** Tokens of a text with which all this was found. */
  readonly maxLength: number;
}

/** @throws UserError model/unsupported where the weights are too large for one file; disk/full, file/* */
export async function writeAdaptive(
  out: string,
  model: Model,
  values: Values,
  graph: Graph,
  note: AdaptiveNote,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (4 * model.parameters > MESSAGE_BYTES)
    throw new UserError('model/unsupported', 'a model of this size does not fit one ONNX file with its weights inside');
  const trunk = [...values.keys()].filter((name) => model.weights.has(name));
  await writeModelFolder(out, model, {
    step: nextStep('adapt', options),
    config: model.configJson,
    replaced: new Map(trunk.map((name) => [name, () => values.get(name)!])),
    also: async (folder) => {
      await mkdir(join(folder, 'onnx'), { recursive: true });
      await writeFileAtomically(join(folder, 'onnx', 'model.onnx'), encodeModel(graph));
      const heads = exitWeights(model, note.labels.length, note.rule.kind === 'halting');
      await writeSafetensors(
        join(folder, EXITS_FILE),
        heads.map(({ name, shape }) => ({ name, dtype: 'float32', shape, produce: () => values.get(name)! })),
      );
      await writeJsonAtomically(join(folder, NOTE_FILE), note);
    },
  });
}
