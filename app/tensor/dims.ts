/**
 * Symbolic dimensions: a number, or the text of a polynomial with integer coefficients such as `batch*length` or
 * `past+1`. Text is kept canonical, so that two dimensions are equal exactly when their values are `===`.
 */

export type Dim = number | string;
export type Shape = readonly Dim[];

/** Monomial (its factors sorted, joined by `*`; '' is the constant) -> coefficient. */
type Polynomial = ReadonlyMap<string, number>;

const parsed = new Map<string, Polynomial>();

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]]);
  let terms = parsed.get(dim);
  if (!terms) {
    terms = parseText(dim);
    parsed.set(dim, terms);
  }
  return terms;
}

function parseText(text: string): Polynomial {
  const compact = text.replaceAll(' ', '');
  // Anything that is no sum of products (a name that some exporter made up) stands for itself.
  if (!/^-?[\w.]+(?:[*+-][\w.]+)*$/.test(compact)) return new Map([[text, 1]]);
  const terms = new Map<string, number>();
  for (const [term] of compact.matchAll(/[+-]?[^+-]+/g)) {
    let coefficient = term.startsWith('-') ? -1 : 1;
    const factors: string[] = [];
    for (const factor of term.replace(/^[+-]/, '').split('*')) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else factors.push(factor);
    }
    accumulate(terms, factors.sort().join('*'), coefficient);
  }
  return terms;
}

function accumulate(terms: Map<string, number>, monomial: string, coefficient: number): void {
  const sum = (terms.get(monomial) ?? 0) + coefficient;
  if (sum === 0) terms.delete(monomial);
  else terms.set(monomial, sum);
}

function print(terms: Polynomial): Dim {
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has('')) return terms.get('')!;
  const names = [...terms.keys()].sort((a, b) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  let text = '';
  for (const name of names) {
    const coefficient = terms.get(name)!;
    const size = Math.abs(coefficient);
    text += coefficient < 0 ? '-' : text === '' ? '' : '+';
    text += name === '' ? String(size) : size === 1 ? name : `${size}*${name}`;
  }
  return text;
}

export const canonical = (dim: Dim): Dim => (typeof dim === 'number' ? dim : print(parse(dim)));

export function addDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const terms = new Map(parse(a));
  for (const [monomial, coefficient] of parse(b)) accumulate(terms, monomial, coefficient);
  return print(terms);
}

export const subtractDims = (a: Dim, b: Dim): Dim => addDims(a, multiplyDims(b, -1));

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const terms = new Map<string, number>();
  for (const [ma, ca] of parse(a)) {
    for (const [mb, cb] of parse(b)) {
      const factors = [...factorsOf(ma), ...factorsOf(mb)].sort();
      accumulate(terms, factors.join('*'), ca * cb);
    }
  }
  return print(terms);
}

const factorsOf = (monomial: string): string[] => (monomial === '' ? [] : monomial.split('*'));

/** `a / b` where b is a single term that divides every term of a; otherwise undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b !== 0 && a % b === 0 ? a / b : undefined;
  const divisor = parse(b);
  if (divisor.size !== 1) return undefined;
  const [[monomial, coefficient]] = divisor;
  const terms = new Map<string, number>();
  for (const [name, c] of parse(a)) {
    const rest = factorsOf(name);
    for (const factor of factorsOf(monomial)) {
      const at = rest.indexOf(factor);
      if (at < 0) return undefined;
      rest.splice(at, 1);
    }
    if (c % coefficient !== 0) return undefined;
    accumulate(terms, rest.join('*'), c / coefficient);
  }
  return print(terms);
}

export const elements = (shape: Shape): Dim => shape.reduce<Dim>((n, d) => multiplyDims(n, d), 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** The value of a dimension once the symbols are known. @throws RangeError for a symbol without a value */
export function evaluateDim(dim: Dim, symbols: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const [monomial, coefficient] of parse(dim)) {
    let product = coefficient;
    for (const factor of factorsOf(monomial)) {
      if (symbols[factor] === undefined) throw new RangeError(`dimension ${dim}: ${factor} has no value`);
      product *= symbols[factor];
    }
    sum += product;
  }
  return sum;
}

/** Shape of an elementwise operation (NumPy rules); an unknown symbol against 1 keeps the symbol. Undefined if they clash. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const d = shape[shape.length - rank + i] ?? 1;
      if (d === 1 || d === dim) continue;
      if (dim === 1) dim = d;
      else if (typeof d === 'number' && typeof dim === 'number') return undefined;
      else if (typeof d === 'number') dim = d;
    }
    out.push(dim);
  }
  return out;
}
