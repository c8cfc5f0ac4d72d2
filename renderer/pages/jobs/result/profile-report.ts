/** Reads what the pictures of a profile need from the step's document. Pure. */

export interface ContextSpeed {
  readonly tokens: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly timeToFirstTokenMs: number;
  /** (largest - smallest) / median. */
  readonly spread?: { readonly prefill: number; readonly decode: number };
}

type Report = Readonly<Record<string, unknown>>;

export const contextsOf = (report: Report): readonly ContextSpeed[] =>
  Array.isArray(report.contexts) ? (report.contexts as ContextSpeed[]) : [];

/** Operators that are named; the rest is gathered. */
const NAMED = 7;

/** Share of the whole time by kind of operator, the largest first; small ones together as "others". */
export function operatorShares(report: Report): { name: string; share: number }[] {
  if (!Array.isArray(report.operators)) return [];
  const byKind = new Map<string, number>();
  for (const { operator, milliseconds } of report.operators as { operator: string; milliseconds: number }[])
    byKind.set(operator, (byKind.get(operator) ?? 0) + milliseconds);
  const total = [...byKind.values()].reduce((sum, ms) => sum + ms, 0);
  if (total <= 0) return [];
  const sorted = [...byKind].sort((a, b) => b[1] - a[1]).map(([name, ms]) => ({ name, share: ms / total }));
  const rest = sorted.slice(NAMED).reduce((sum, { share }) => sum + share, 0);
  return rest > 0 ? [...sorted.slice(0, NAMED), { name: 'others', share: rest }] : sorted;
}
