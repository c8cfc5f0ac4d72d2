/**
 * The same model in another basis: its hidden states are rotated, so that no feature stands out and rounding errors are
 * spread over all (QuaRot, Ashkboos et al. 2024; the rotations of SpinQuant, Liu et al. 2024, that fold into weights).
 */
import { UserError } from '../../../contract/errors.ts';
import { assertFinite } from '../../../models/finite.ts';
import { nextStep } from '../../../models/lineage.ts';
import { type Model, openModel } from '../../../models/model.ts';
import { readFloats } from '../../../models/weights/constants.ts';
import { writeModelFolder } from '../../../models/write-folder.ts';
import { transpose } from '../../../tensor/transpose-matrix.ts';
import { Rotation } from './rotation.ts';

const SEED = 20;
const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

type Produce = () => Promise<Float32Array>;

/**
 * Writes a float32 folder of the rotated model and opens it. Gains of norms go into the layers that read them, hidden
 * states and, head by head, attention's values are rotated; what the model computes stays the same. Embedding and head,
 * where they were one matrix, become two.
 *
 * It pays where activations are rounded too: int8 with smoothing diverges half as much (SmolLM2-135M, .053 to .026; logits
 * before any rounding differ by 1e-4 at most). Where weights alone are rounded in small groups it does not: gains of norms keep
 * large features small in the weights that read them, and once gains are folded and mixed every weight has the error of the
 * largest (to nearest in 4 bits .30 to .64; the starter model stays as it was, by GPTQ too).
 * @throws UserError arguments/incompatible outside the Llama family, weights/not-finite
 */
export async function rotateModel(model: Model, folder: string): Promise<Model> {
  const { architecture } = model;
  if (architecture.name !== 'llama') {
    throw new UserError('arguments/incompatible', `rotation is for the Llama family, not for ${architecture.name}`);
  }
  const configJson = { ...model.configJson, tie_word_embeddings: false };
  const untied = await openModel(model.folder, { configJson, fresh: ({ name }) => name === HEAD });
  await writeModelFolder(folder, untied, {
    replaced: rotatedWeights(model, untied.weightSpecs),
    dtype: 'float32',
    config: configJson,
    step: nextStep('rotate', {}),
  });
  return openModel(folder);
}

/** Values of every weight by name, made when they are asked for. */
function rotatedWeights({ weights, config }: Model, specs: Model['weightSpecs']): Map<string, Produce> {
  const { width, headDim } = config;
  const stream = new Rotation(width, SEED);
  const head = new Rotation(headDim, SEED);
  const read = async (name: string) => {
    const values = await readFloats(weights.get(name)!);
    assertFinite(values, name);
    return values;
  };
  const ones: Produce = async () => new Float32Array(width).fill(1);
  /** W diag(gain) R, [outputs, width]: reads rotated hidden states. */
  const reads = async (name: string, norm: string) => {
    const gain = await read(norm);
    return stream.rows((await read(name)).map((v, i) => v * gain[i % width]));
  };
  /** Rᵀ W, [width, inputs]: writes rotated hidden states. */
  const writes = (values: Float32Array) => {
    const inputs = values.length / width;
    return transpose(stream.rows(transpose(values, width, inputs)), inputs, width);
  };
  /** Values leave a head rotated by its own matrix: rows of every head alike. */
  const headRows = (values: Float32Array, columns: number) => {
    const rows = values.length / columns;
    return transpose(head.rows(transpose(values, rows, columns)), columns, rows);
  };
  const rotated = (name: string): Produce => {
    const path = name.slice(0, name.lastIndexOf('.', name.lastIndexOf('.') - 1));
    const layer = path.slice(0, path.lastIndexOf('.'));
    switch (name.slice(path.length + 1)) {
      case 'q_proj.weight':
      case 'k_proj.weight':
        return () => reads(name, `${layer}.input_layernorm.weight`);
      case 'v_proj.weight':
        return async () => headRows(await reads(name, `${layer}.input_layernorm.weight`), width);
      case 'v_proj.bias':
        return async () => head.rows(await read(name));
      case 'o_proj.weight':
        // The columns of every head follow its values.
        return async () => writes(head.rows(await read(name)));
      case 'gate_proj.weight':
      case 'up_proj.weight':
        return () => reads(name, `${layer}.post_attention_layernorm.weight`);
      case 'down_proj.weight':
        return async () => writes(await read(name));
      case 'o_proj.bias':
      case 'down_proj.bias':
        return async () => stream.rows(await read(name));
      default:
        return () => read(name);
    }
  };
  return new Map(
    specs.map(({ name }): [string, Produce] => {
      if (name === EMBEDDING) return [name, async () => stream.rows(await read(name))];
      if (name === HEAD) return [name, () => reads(weights.has(HEAD) ? HEAD : EMBEDDING, 'model.norm.weight')];
      const folded = /^model\.norm\.weight$|\.(input|post_attention)_layernorm\.weight$/.test(name);
      return [name, folded ? ones : rotated(name)];
    }),
  );
}
