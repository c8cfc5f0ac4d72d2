/** Activation functions as graph nodes. */
import { assertNever } from '../../contract/errors.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Activation } from '../architectures/kit.ts';

export function emitActivation(g: GraphBuilder, x: Value, kind: Activation): Value {
  switch (kind) {
    case 'silu':
      return g.op('QuickGelu', [x], { alpha: 1 });
    case 'quick-gelu':
      return g.op('QuickGelu', [x], { alpha: 1.702 });
    case 'gelu':
      return g.op('Gelu', [x]);
    case 'gelu-tanh':
      return g.op('Gelu', [x], { approximate: 'tanh' });
    case 'relu':
      return g.op('Relu', [x]);
    case 'tanh':
      return g.tanh(x);
    default:
      return assertNever(kind);
  }
}
