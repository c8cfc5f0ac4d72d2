/** Sums of products by Einstein's notation (`bij,bjk->bik`): one letter an axis, no ellipsis. */
import { string } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import { defineOp } from '../op.ts';
import { sizeOf } from '../tensor.ts';
import { doubles, eachIndex, stridesOf } from './evaluate.ts';

interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

function parse(equation: string): Equation {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (!/^[a-zA-Z,]*$/.test(left + (right ?? ''))) throw new Error(`the equation ${equation} is not supported`);
  const all = terms.join('');
  // Without an arrow: the letters that occur once, in alphabetical order.
  const once = () => [...new Set(all)].filter((c) => all.indexOf(c) === all.lastIndexOf(c)).sort();
  return { terms, result: right ?? once().join('') };
}

function dimensions<T extends Dim>(terms: readonly string[], shapes: readonly (readonly T[])[]): Map<string, T> {
  const dims = new Map<string, T>();
  terms.forEach((term, i) => {
    if (term.length !== shapes[i].length) throw new Error(`the term ${term} does not fit [${shapes[i]}]`);
    [...term].forEach((letter, axis) => {
      const known = dims.get(letter);
      if (known === undefined || known === 1) dims.set(letter, shapes[i][axis]);
    });
  });
  return dims;
}

export const einsum = defineOp('Einsum', {
  attrs: { equation: string<string>('') },
  shape: ({ inputs, attrs }) => {
    const { terms, result } = parse(attrs.equation);
    const dims = dimensions<Dim>(
      terms,
      inputs.map((x) => x.shape),
    );
    return [{ dtype: inputs[0].dtype, shape: [...result].map((letter) => dims.get(letter)!) }];
  },
  // The gradient by one factor: the product of all the others with dy, summed to that factor's letters.
  grad: ({ g, attrs, inputs, dys: [dy], needs }) => {
    const { terms, result } = parse(attrs.equation);
    return inputs.map((x, i) => {
      if (!needs[i]) return undefined;
      if (new Set(terms[i]).size !== terms[i].length) throw new Error('no gradient by a factor that repeats a letter');
      const others = terms.filter((_, k) => k !== i);
      const available = [...terms[i]].filter((letter) => (result + others.join('')).includes(letter));
      const equation = `${[result, ...others].join(',')}->${available.join('')}`;
      const sum = g.op('Einsum', [dy, ...inputs.filter((_, k) => k !== i)], { equation });
      // Letters that only this factor has were summed away: every element along them gets the same.
      const lost = [...terms[i]].flatMap((letter, axis) => (available.includes(letter) ? [] : [axis]));
      return lost.length === 0 ? sum : g.expand(g.unsqueeze(sum, lost), x.shape);
    });
  },
  evaluate: ({ inputs, attrs }) => {
    const { terms, result } = parse(attrs.equation);
    const dims = dimensions(
      terms,
      inputs.map((x) => x.shape),
    );
    const letters = [...new Set([...result, ...terms.join('')])];
    const sizes = letters.map((letter) => dims.get(letter)!);
    const out = doubles(
      inputs[0].dtype,
      [...result].map((letter) => dims.get(letter)!),
    );
    const strides = inputs.map((x, i) => {
      const own = stridesOf(x.shape);
      return letters.map((letter) => [...terms[i]].reduce((s, l, axis) => (l === letter ? s + own[axis] : s), 0));
    });
    const summed = sizeOf(sizes.slice(result.length));
    eachIndex(sizes, (index, flat) => {
      let product = 1;
      inputs.forEach((x, i) => {
        product *= x.data[index.reduce((o, k, l) => o + strides[i][l] * k, 0)];
      });
      out.data[Math.floor(flat / summed)] += product;
    });
    return [out];
  },
});
