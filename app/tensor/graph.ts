/** The graph of a tensor program: typed values, nodes in the order they can run, constants. Never changed once built. */
import type { Attributes } from './attributes.ts';
import type { Dim, Shape } from './dims.ts';
import type { DType } from './dtype.ts';
import type { Tensor } from './tensor.ts';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A value whose element type and rank are known; its name identifies it in the graph. */
export interface Value extends TensorType {
  readonly name: string;
}

/** A value of an imported graph, of which little may be known. */
export interface AnyValue {
  readonly name: string;
  readonly dtype: DType | 'string' | 'unknown';
  readonly shape: Shape | undefined;
  /** The encoded ONNX type where it is more than an element type and a shape: sequences, maps, optional values. */
  readonly foreignType?: Uint8Array;
}

export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' for the standard operators, `com.microsoft` for ONNX Runtime's, `lathe` for ours until they are lowered. */
  readonly domain: string;
  /** A hole stands for an optional input that is not given. */
  readonly inputs: readonly (AnyValue | undefined)[];
  readonly outputs: readonly (AnyValue | undefined)[];
  readonly attributes: Attributes;
  /** Encoded fields of an imported node that have no place above. */
  readonly foreign?: Uint8Array;
}

/** What an imported graph holds that has no place in ours: kept as it came and written back. */
export interface Foreign {
  /** Values that come from it: initialisers of text, sparse ones. */
  readonly values: readonly string[];
  /** Encoded fields of ONNX's GraphProto. */
  readonly fields: Uint8Array;
}

/** Values that stay in a file until somebody needs them. */
export interface ExternalTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Absolute path. */
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

export type Constant = Tensor | ExternalTensor;

export const isExternal = (constant: Constant): constant is ExternalTensor => 'file' in constant;

export interface Graph {
  readonly name: string;
  readonly inputs: readonly AnyValue[];
  readonly outputs: readonly AnyValue[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Domain -> version; what our own builder emits is in `OPSETS`. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly foreign?: Foreign;
}

/** The versions whose operators `ops/` describes. */
export const OPSETS: Readonly<Record<string, number>> = { '': 21, 'com.microsoft': 1 };

export function isKnown(value: AnyValue | undefined): value is Value {
  return value !== undefined && value.dtype !== 'unknown' && value.dtype !== 'string' && value.shape !== undefined;
}

/** Narrows a value that must be typed by now. @throws Error naming it: a bug, or a graph not yet inferred */
export function known(value: AnyValue | undefined): Value {
  if (!isKnown(value)) throw new Error(`the type of ${value?.name ?? 'a missing input'} is not known`);
  return value;
}

export const isConcrete = (shape: Shape): shape is readonly number[] => shape.every((d: Dim) => typeof d === 'number');
