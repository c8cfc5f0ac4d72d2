/** Which layer a module belongs to, and the bits that single layers were given: "0=8, 4-7=3". */
import { UserError } from '../../contract/errors.ts';

export const BIT_WIDTHS = [2, 3, 4, 5, 6, 8] as const;
export const LAYER_BITS = /^\s*\d+(-\d+)?\s*=\s*[234568](\s*,\s*\d+(-\d+)?\s*=\s*[234568])*\s*$/;

/** Bits by layer, counted from 0; what comes later holds. An empty text names no layer. */
export function readLayerBits(text: string): Map<number, number> {
  const bits = new Map<number, number>();
  for (const [, first, , last, width] of text.matchAll(/(\d+)(\s*-\s*(\d+))?\s*=\s*(\d)/g)) {
    for (let layer = Number(first); layer <= Number(last ?? first); layer++) bits.set(layer, Number(width));
  }
  return bits;
}

/** "model.layers.3.mlp.up_proj" -> 3; undefined for embeddings and heads. */
export function layerOf(module: string): number | undefined {
  const number = /\.(\d+)\./.exec(module)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** @throws UserError arguments/incompatible for a layer that the model has not */
export function layerBitsOf(text: string | undefined, layers: number): ReadonlyMap<number, number> {
  const bits = readLayerBits(text ?? '');
  const beyond = [...bits.keys()].find((layer) => layer >= layers);
  if (beyond !== undefined) {
    throw new UserError('arguments/incompatible', `there is no layer ${beyond}: the last is ${layers - 1}`);
  }
  return bits;
}
