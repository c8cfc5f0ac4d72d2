/** A model's weights as a GGUF file holds them: llama.cpp's names and order of rows, in the types that were chosen. */
import { UserError } from '../../contract/errors.ts';
import { type GgufNames, ggufName, isTransposed, permuteRotary, regroupFused } from '../../models/import/gguf-names.ts';
import { nextStep } from '../../models/lineage.ts';
import { openModel } from '../../models/model.ts';
import type { StoredModel } from '../../models/stored.ts';
import { readFloats } from '../../models/weights/constants.ts';
import type { Importance } from '../../models/weights/gguf/imatrix.ts';
import { dequantizeBlocks, type GgufTensorToWrite, quantizeBlocks } from '../../models/weights/index.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import type { ExternalTensor } from '../../tensor/graph.ts';
import { decodeBfloat16, encodeBfloat16, encodeFloat16 } from '../../tensor/half.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import type { Stored } from './file-types.ts';
import { storedType, type TypeChoice } from './tensor-types.ts';

/** How the weights of a file are stored. */
export interface Form {
  readonly names: GgufNames;
  readonly choice: TypeChoice;
  readonly importance?: Importance;
}

/** @throws UserError arguments/incompatible for a weight that GGUF has no name for */
export function nameOf({ names }: Form, weight: string): string {
  const name = ggufName(names, weight);
  if (!name) throw new UserError('arguments/incompatible', `GGUF has no name for ${weight}`);
  return name;
}

const EMBEDDING = 'token_embd.weight';
const HEAD = 'output.weight';

/** Whether the file has the one matrix twice, each in a type of its own. */
export const splitsHead = ({ names, choice }: Form): boolean => Boolean(names.ownHead) && choice.tied;

/** What the file calls a weight: the matrix that is embedding and head may have two names. */
export function namesOf(form: Form, weight: string): readonly string[] {
  const name = nameOf(form, weight);
  return name === EMBEDDING && splitsHead(form) ? [name, HEAD] : [name];
}

export const tensorsOf = (model: StoredModel, form: Form): GgufTensorToWrite[] =>
  [...model.weights].flatMap(([weight, constant]) =>
    namesOf(form, weight).map((name) => tensorOf(model, form, weight, constant, name)),
  );

function tensorOf(
  model: StoredModel,
  form: Form,
  weight: string,
  constant: ExternalTensor,
  name: string,
): GgufTensorToWrite {
  // GPT-2 stores its linear layers [in, out]; position and token tables are not linear layers.
  const transposed = isTransposed(weight);
  const shape = transposed ? [...constant.shape].reverse() : constant.shape;
  const dtype = storedType(name, shape, form.choice);
  return {
    name,
    dtype,
    shape,
    async produce() {
      let values = await readFloats(constant);
      if (transposed) values = transpose(values, constant.shape[0], constant.shape[1]);
      values = inOrder(model, form.names, weight, values, shape[1] ?? 1);
      if (dtype === 'float32') return values;
      if (dtype === 'float16') return encodeFloat16(values);
      if (dtype === 'bfloat16') return encodeBfloat16(values);
      return quantizeBlocks(dtype, values, columnsOf(form, name, shape[1]));
    },
  };
}

/**
 * Rows in llama.cpp's order and norms with what it adds to them.
 * @param width values of a row, 1 for a bias
 */
export function inOrder(
  { config }: StoredModel,
  names: GgufNames,
  weight: string,
  values: Float32Array,
  width: number,
): Float32Array {
  const part = /\.([qk])_proj\.\w+$/.exec(weight)?.[1];
  if (names.permuted && part) {
    return permuteRotary(values, part === 'q' ? config.heads : config.keyValueHeads, width, false);
  }
  if (names.fusedByPart && weight.includes('query_key_value')) return regroupFused(values, config.heads, width, true);
  const { normOffset } = names;
  return normOffset && /norm\.weight$/.test(weight) ? values.map((value) => value + normOffset) : values;
}

/** @throws UserError weights/wrong-shape for the importance matrix of another model */
function columnsOf({ importance }: Form, name: string, width: number): Float32Array | undefined {
  const columns = importance?.columns.get(name);
  if (columns && columns.length !== width) {
    const counts = `${columns.length} columns, not ${width}`;
    throw new UserError('weights/wrong-shape', `the importance matrix gives ${name} ${counts}: it is of another model`);
  }
  return columns;
}

/** The model with its weights rounded as the file rounds them, in a folder like its own, with a head of its own where the file has one. */
export async function writeRounded(model: StoredModel, form: Form, folder: string): Promise<void> {
  const configJson = splitsHead(form) ? { ...model.configJson, tie_word_embeddings: false } : undefined;
  const opened = await openModel(model.folder, { configJson, fresh: ({ name }) => !model.weights.has(name) });
  const embedding = [...model.weights].find(([weight]) => nameOf(form, weight) === EMBEDDING);
  const replaced = new Map(
    opened.weightSpecs.map(({ name: weight }) => {
      const constant = model.weights.get(weight) ?? embedding?.[1];
      if (!constant) throw new Error(`${weight} is no weight of the model, nor a copy of its embedding`);
      return [weight, () => readRounded(form, weight, constant)];
    }),
  );
  await writeModelFolder(folder, opened, {
    replaced,
    dtype: 'float32',
    config: configJson,
    step: nextStep('round', { type: form.choice.type }),
  });
}

async function readRounded(form: Form, weight: string, constant: ExternalTensor): Promise<Float32Array> {
  const values = await readFloats(constant);
  const name = nameOf(form, weight);
  const [rows, columns] = constant.shape;
  const transposed = isTransposed(weight);
  const shape = transposed ? [columns, rows] : constant.shape;
  const dtype = storedType(name, shape, form.choice);
  if (dtype === 'float32' || dtype === 'float16') return values;
  const matrix = transposed ? transpose(values, rows, columns) : values;
  const rounded = round(dtype, matrix, columnsOf(form, name, shape[1]));
  return transposed ? transpose(rounded, columns, rows) : rounded;
}

function round(dtype: Exclude<Stored, 'float32' | 'float16'>, values: Float32Array, importance?: Float32Array) {
  if (dtype === 'bfloat16') return decodeBfloat16(encodeBfloat16(values));
  return dequantizeBlocks(dtype, quantizeBlocks(dtype, values, importance));
}
