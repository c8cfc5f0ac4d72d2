/** Dimensions that only the run will tell: symbols of their own, the same for the same operator on the same inputs. */
import { type Dim, divideDims } from '../dims.ts';
import type { Value } from '../graph.ts';

/** A symbol named after what it depends on; a name of one word, so that it is never taken for a sum or a product. */
export function opaqueDim(what: string, sources: readonly (Value | Dim | undefined)[], place: number): string {
  const names = sources.map((s) => (typeof s === 'object' ? s.name : (s ?? '')));
  return `${what}_${names.join('_')}_${place}`.replace(/[^\w.]/g, '_');
}

/** `a / b`, or a symbol for it where that is no polynomial. */
export const quotient = (a: Dim, b: Dim): Dim => divideDims(a, b) ?? opaqueDim('quotient', [a, 'by', b], 0);
