/**
 * Encoders and classifiers as export targets: they generate nothing, so a padded batch of texts goes through source and
 * export, and all that comes out is compared.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { nextStep } from '../models/lineage.ts';
import { type Model, openModel, readConfig } from '../models/model.ts';
import { type ModelInputs, runModel } from '../models/score.ts';
import type { StoredModel } from '../models/stored.ts';
import { readFloats } from '../models/weights/constants.ts';
import { copyCompanions, writeModelFolder } from '../models/write-folder.ts';
import { writeWholeModel } from '../models/write-whole-onnx.ts';
import { openSession } from '../runtime/open.ts';
import { int64, type Tensor } from '../tensor/tensor.ts';
import type { Check } from './check.ts';
import type { ExportOptions } from './target.ts';

/** Whether a model is run over whole texts instead of token by token. */
export const isWhole = ({ architecture, task }: StoredModel): boolean =>
  architecture.kind === 'encoder' || 'labels' in task;

/** @throws UserError arguments/incompatible for a quantized model, export targets' own */
async function source(stored: StoredModel): Promise<Model> {
  if (stored.formats.size === 0) return openModel(stored.folder);
  throw new UserError('arguments/incompatible', 'a quantized encoder cannot be exported: export its source');
}

export async function writeWholeSafetensors(
  stored: StoredModel,
  folder: string,
  { threads, prompts }: ExportOptions,
): Promise<Check[]> {
  const model = await source(stored);
  await writeModelFolder(folder, model, { step: nextStep('export', { target: 'safetensors' }) });
  const inputs = batchOf(model.configJson, prompts);
  const expected = await runModel(model, inputs, { threads });
  const actual = await runModel(await openModel(folder), inputs, { threads });
  return [...compareOutputs(expected, actual, inputs, 1e-5), ...(await compareLabels(model, folder))];
}

export async function writeWholeOnnx(
  stored: StoredModel,
  folder: string,
  { threads, prompts }: ExportOptions,
): Promise<Check[]> {
  const model = await source(stored);
  await copyCompanions(model.folder, folder);
  const file = await writeWholeModel(folder, model, (name) => readFloats(model.weights.get(name)!));
  const inputs = batchOf(model.configJson, prompts);
  const expected = await runModel(model, inputs, { threads });
  const actual = await runFile(file, inputs, threads);
  return [...compareOutputs(expected, actual, inputs, 1e-3), ...(await compareLabels(model, folder))];
}

/** Two files of the same model over the same batch, the first being right. */
export async function compareFiles(
  { configJson }: StoredModel,
  [right, other]: readonly [string, string],
  tolerance: number,
  { threads, prompts }: ExportOptions,
): Promise<Check[]> {
  const inputs = batchOf(configJson, prompts);
  const expected = await runFile(right, inputs, threads);
  return compareOutputs(expected, await runFile(other, inputs, threads), inputs, tolerance);
}

/** As a foreign program would run it: from its path, with nothing but ids, mask and types. */
async function runFile(file: string, inputs: ModelInputs, threads?: number): Promise<Record<string, Tensor>> {
  const session = await openSession(await readFile(file), { threads, dataFolder: dirname(file) });
  try {
    const { input_ids: ids } = inputs;
    const types = int64(ids.shape, new Array<number>(ids.data.length).fill(0));
    const feeds: Record<string, Tensor | undefined> = { ...inputs, token_type_ids: types };
    return await session.run(Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!])), session.outputs);
  } finally {
    session.dispose();
  }
}

function batchOf(
  configJson: StoredModel['configJson'],
  prompts: ExportOptions['prompts'],
): ModelInputs & { attention_mask: Tensor } {
  const length = Math.max(...prompts.map((ids) => ids.length));
  const pad = typeof configJson.pad_token_id === 'number' ? configJson.pad_token_id : 0;
  const fill = (ids: readonly number[], value: number) => [
    ...ids,
    ...new Array<number>(length - ids.length).fill(value),
  ];
  const shape = [prompts.length, length];
  return {
    input_ids: int64(
      shape,
      prompts.flatMap((ids) => fill(ids, pad)),
    ),
    attention_mask: int64(
      shape,
      prompts.flatMap((ids) =>
        fill(
          ids.map(() => 1),
          0,
        ),
      ),
    ),
  };
}

/**
 * A check for each output: largest difference relative to its largest value. What a model returns at padding does not
 * count.
 */
export function compareOutputs(
  expected: Readonly<Record<string, Tensor>>,
  actual: Readonly<Record<string, Tensor>>,
  { attention_mask: mask }: { readonly attention_mask: Tensor },
  tolerance: number,
): Check[] {
  const tokens = mask.data.length;
  const seen = Array.from(mask.data as BigInt64Array, (value) => value !== 0n);
  return Object.entries(expected).map(([name, { data, shape }]) => {
    const check = `same ${name.replaceAll('_', ' ')}`;
    const other = actual[name]?.data as Float32Array | undefined;
    const values = data as Float32Array;
    if (other?.length !== values.length) return { name: check, passed: false, detail: 'the export does not give it' };
    const perToken = shape.length === 3 ? values.length / tokens : Number.POSITIVE_INFINITY;
    let [worst, scale] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (!seen[Math.floor(i / perToken)]) continue;
      scale = Math.max(scale, Math.abs(values[i]));
      const gap = Math.abs(values[i] - other[i]);
      worst = gap <= worst ? worst : Number.isFinite(gap) ? gap : Number.POSITIVE_INFINITY;
    }
    const relative = scale === 0 ? worst : worst / scale;
    const detail = `largest relative difference ${relative.toExponential(2)}, allowed ${tolerance.toExponential(0)}`;
    return { name: check, passed: relative <= tolerance, detail };
  });
}

/** The names of a classifier's labels are in the export's configuration too. */
async function compareLabels({ task, configJson }: Model, folder: string): Promise<Check[]> {
  if (!('labels' in task)) return [];
  const { id2label } = await readConfig(folder);
  const passed = JSON.stringify(id2label) === JSON.stringify(configJson.id2label);
  const names = Object.values((configJson.id2label ?? {}) as Record<string, unknown>);
  return [{ name: 'same labels', passed, detail: names.slice(0, 8).join(', ') || `${task.labels} without names` }];
}
