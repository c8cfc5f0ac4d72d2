/** Constants one after the other along their first axis: a longer view of the file they are neighbours in, or a copy. */
import { TYPED_ARRAYS, type TypedArray } from '../../tensor/dtype.ts';
import { type Constant, type ExternalTensor, isExternal } from '../../tensor/graph.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';

/** Undefined where they lie apart in files, are of different kinds, or are no rows of one matrix. */
export function joinConstants(parts: readonly (Constant | undefined)[]): Constant | undefined {
  const [first] = parts;
  if (!first || first.shape.length === 0) return undefined;
  const alike = parts.every(
    (part) => part && part.dtype === first.dtype && `${part.shape.slice(1)}` === `${first.shape.slice(1)}`,
  );
  if (!alike) return undefined;
  const constants = parts as readonly Constant[];
  const shape = [constants.reduce((rows, part) => rows + part.shape[0], 0), ...first.shape.slice(1)];
  if (constants.every(isExternal)) return joinViews(constants, shape);
  if (constants.some(isExternal)) return undefined;
  return joinCopies(constants as readonly Tensor[], shape);
}

function joinViews(parts: readonly ExternalTensor[], shape: readonly number[]): ExternalTensor | undefined {
  let { offset } = parts[0];
  for (const part of parts) {
    if (part.file !== parts[0].file || part.offset !== offset) return undefined;
    offset += part.byteLength;
  }
  return { ...parts[0], shape, byteLength: offset - parts[0].offset };
}

function joinCopies(parts: readonly Tensor[], shape: readonly number[]): Tensor | undefined {
  const { dtype } = parts[0];
  // Two 4-bit values share a byte, and rows may end in its middle.
  if (dtype === 'int4' || dtype === 'uint4') return undefined;
  const joined = new TYPED_ARRAYS[dtype](parts.reduce((n, part) => n + part.data.length, 0)) as TypedArray;
  let at = 0;
  for (const { data } of parts) {
    joined.set(data as never, at);
    at += data.length;
  }
  return tensor(dtype, shape, joined);
}
