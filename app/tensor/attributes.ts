/** Attributes of a node: tagged as ONNX tags them, with a typed description for the operators we know. */
import type { Graph } from './graph.ts';
import type { Tensor } from './tensor.ts';

export type Attribute =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'graphs'; readonly value: readonly Graph[] }
  /** Kinds that no operator of ours reads (sparse tensors, types): the encoded AttributeProto, kept as it came. */
  | { readonly type: 'raw'; readonly value: Uint8Array };

export type Attributes = Readonly<Record<string, Attribute>>;

interface Spec<T> {
  readonly type: Attribute['type'];
  readonly initial: T;
}

export const int = (initial: number): Spec<number> => ({ type: 'int', initial });
export const float = (initial: number): Spec<number> => ({ type: 'float', initial });
export const string = <T extends string>(initial: T): Spec<T> => ({ type: 'string', initial });
export const ints = (initial?: readonly number[]): Spec<readonly number[] | undefined> => ({ type: 'ints', initial });
export const optionalInt = (): Spec<number | undefined> => ({ type: 'int', initial: undefined });

export const optionalFloat = (): Spec<number | undefined> => ({ type: 'float', initial: undefined });
export const floatList = (): Spec<readonly number[] | undefined> => ({ type: 'floats', initial: undefined });
export const optionalTensor = (): Spec<Tensor | undefined> => ({ type: 'tensor', initial: undefined });

export type AttributeSpecs = Readonly<Record<string, Spec<unknown>>>;
export type AttributeValues<S extends AttributeSpecs> = { readonly [K in keyof S]: S[K]['initial'] };

/** Plain values of the attributes an operator declares, defaults filled in. */
export function readAttributes<S extends AttributeSpecs>(specs: S, attributes: Attributes): AttributeValues<S> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = attributes[name]?.value ?? spec.initial;
  return values as AttributeValues<S>;
}

/** Tags plain values; undefined ones are left out. */
export function tagAttributes(specs: AttributeSpecs, values: Readonly<Record<string, unknown>>): Attributes {
  const attributes: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(values)) {
    const spec = specs[name];
    if (!spec) throw new Error(`unknown attribute ${name}`);
    if (value === undefined) continue;
    attributes[name] = { type: spec.type, value } as Attribute;
  }
  return attributes;
}
