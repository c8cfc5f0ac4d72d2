/** Some tokens' rows of a model's head, in the form in which the head is stored: they give the very logits that it gives. */
import { UserError } from '../../contract/errors.ts';
import type { Constant } from '../../tensor/graph.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Described } from '../architectures/index.ts';
import { readConstant } from '../weights/constants.ts';
import { planeName, planesOf } from './bit-planes.ts';
import type { LinearFormat } from './quantized-linear.ts';

export interface ListHead {
  readonly tokens: readonly number[];
  /** By the names of the head's own weights. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly formats?: ReadonlyMap<string, LinearFormat>;
}

export interface HeadSource extends Described {
  readonly weights: ReadonlyMap<string, Constant>;
  readonly formats?: ReadonlyMap<string, LinearFormat>;
}

/** @throws UserError arguments/incompatible for a head with a bias, or in a form whose rows cannot be taken out */
export async function pickHead(model: HeadSource, tokens: readonly number[]): Promise<ListHead> {
  const { name, bias, addedRow, vocabulary } = model.architecture.head(model.config);
  if (bias || addedRow)
    throw new UserError(
      'arguments/incompatible',
      'a head with a bias has no short list yet: take a model of another family',
    );
  const format = model.formats?.get(name);
  const weights = new Map<string, Tensor>();
  for (const part of partsOf(`${name}.weight`, format))
    weights.set(part, pickRows(await readConstant(model.weights.get(part)!), tokens, vocabulary));
  return { tokens, weights, formats: format && new Map([[name, format]]) };
}

function partsOf(path: string, format: LinearFormat | undefined): string[] {
  if (!format) return [path];
  if (format.kind !== 'blocks')
    throw new UserError(
      'arguments/incompatible',
      `a head stored as ${format.kind} has no short list yet: quantize in blocks`,
    );
  const planes = planesOf(format.bits);
  const codes = planes.length > 0 ? planes.map((_, i) => planeName(path, i)) : [`${path}.codes`];
  return [...codes, `${path}.scales`, ...(format.zeroPoints ? [`${path}.zero_points`] : [])];
}

/** @param all [vocabulary, …], or the same flat */
function pickRows(all: Tensor, tokens: readonly number[], vocabulary: number): Tensor {
  const width = all.data.length / vocabulary;
  const data = new (all.data.constructor as Float32ArrayConstructor)(tokens.length * width);
  tokens.forEach((token, i) => {
    data.set((all.data as Float32Array).subarray(token * width, (token + 1) * width), i * width);
  });
  const shape = all.shape.length === 1 ? [data.length] : [tokens.length, ...all.shape.slice(1)];
  return tensor(all.dtype, shape as readonly number[], data as never);
}
