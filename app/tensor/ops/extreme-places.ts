/** What ArgMax and ArgMin share. */
import { int } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import type { TensorType } from '../graph.ts';
import type { Doubles, ShapeContext } from '../op.ts';
import { aroundAxis, doubles } from './evaluate.ts';

export const extremeAttributes = { axis: int(0), keepdims: int(1), select_last_index: int(0) } as const;

interface Attributes {
  readonly axis: number;
  readonly keepdims: number;
  readonly select_last_index: number;
}

function left<T extends Dim>(shape: readonly T[], attrs: Attributes, one: T): T[] {
  const axis = attrs.axis < 0 ? attrs.axis + shape.length : attrs.axis;
  return shape.flatMap((d, i) => (i !== axis ? [d] : attrs.keepdims === 1 ? [one] : []));
}

export const extremeType = ({ inputs: [x], attrs }: ShapeContext<Attributes>): TensorType[] => [
  { dtype: 'int64', shape: left<Dim>(x.shape, attrs, 1) },
];

/** @param better whether the first is to be preferred to the second */
export function extremePlaces(x: Doubles, attrs: Attributes, better: (a: number, b: number) => boolean): Doubles[] {
  const { outer, length, inner } = aroundAxis(x.shape, attrs.axis);
  const out = doubles('int64', left(x.shape, attrs, 1));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const value = (k: number) => x.data[(o * length + k) * inner + i];
      let best = 0;
      for (let k = 1; k < length; k++) {
        if (better(value(k), value(best)) || (attrs.select_last_index === 1 && value(k) === value(best))) best = k;
      }
      out.data[o * inner + i] = best;
    }
  }
  return [out];
}
