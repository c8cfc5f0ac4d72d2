/** What an operator is: one object with its shape rule, its gradient rule and, for our own, its ONNX form. */
import type { AttributeSpecs, AttributeValues } from './attributes.ts';
import type { GraphBuilder } from './builder.ts';
import type { DType } from './dtype.ts';
import type { TensorType, Value } from './graph.ts';
import type { Tensor } from './tensor.ts';

/** An array of the reference interpreter: every element type as doubles, so that rules are short and exact. */
export interface Doubles {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface ShapeContext<A> {
  /** Holes are optional inputs that were not given. */
  readonly inputs: readonly Value[];
  readonly attrs: A;
  /** The value of an input that is a constant of the graph. */
  constant(index: number): Tensor | undefined;
  /** How many outputs the node has. */
  readonly outputs: number;
}

export interface GradientContext<A> {
  readonly g: GraphBuilder;
  readonly attrs: A;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Gradient of the loss by each output; a hole where the output does not reach the loss. */
  readonly dys: readonly Value[];
  /** Which inputs' gradients somebody reads: the others need not be emitted. */
  readonly needs: readonly boolean[];
  constant(index: number): Tensor | undefined;
  /**
   * Offers rows [M, …] to be added to an input's gradient at `indices` [M] of its first axis. True: they were taken, and what
   * the rule returns for the input is the rest.
   */
  scatter(input: number, indices: Value, rows: Value): boolean;
}

export interface LowerContext<A> {
  readonly g: GraphBuilder;
  readonly attrs: A;
  readonly inputs: readonly Value[];
  /** Types of the outputs to make. */
  readonly outputs: readonly Value[];
  readonly device: string;
}

export interface EvaluateContext<A> {
  readonly inputs: readonly Doubles[];
  readonly attrs: A;
  readonly outputs: number;
}

export interface OpRules<S extends AttributeSpecs> {
  /** Default '' (standard ONNX). */
  readonly domain?: string;
  readonly attrs?: S;
  shape(context: ShapeContext<AttributeValues<S>>): readonly TensorType[];
  /** One gradient an input, in order; a hole where there is none. Absent: the operator can't be differentiated. */
  grad?(context: GradientContext<AttributeValues<S>>): readonly (Value | undefined)[];
  /** For operators of the domain `lathe`: the standard or ONNX Runtime operators that compute the same. */
  lower?(context: LowerContext<AttributeValues<S>>): readonly Value[];
  /**
   * Present where computing the outputs again in the backward pass is cheaper than keeping them alive: emits them
   * from the inputs (and any other output).
   */
  rematerialise?(context: {
    readonly g: GraphBuilder;
    readonly attrs: AttributeValues<S>;
    readonly inputs: readonly Value[];
    readonly outputs: readonly Value[];
  }): readonly (Value | undefined)[];
  /** Plain arithmetic in doubles, straight from the definition. Absent for operators that are lowered first. */
  evaluate?(context: EvaluateContext<AttributeValues<S>>): readonly Doubles[];
}

export interface Op<S extends AttributeSpecs = AttributeSpecs> extends Omit<OpRules<S>, 'domain' | 'attrs'> {
  readonly type: string;
  readonly domain: string;
  readonly attrs: S;
}

export function defineOp<const S extends AttributeSpecs>(type: string, rules: OpRules<S>): Op<S> {
  return Object.freeze({ ...rules, type, domain: rules.domain ?? '', attrs: rules.attrs ?? ({} as S) });
}

export const MICROSOFT = 'com.microsoft';
export const LATHE = 'lathe';
