/** What is wrong with a value that fits none of a schema's forms: what the nearest of them says of it. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

export interface Explained {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** @param before path of what the issue is about */
export function explain(issue: Issue, before: readonly PropertyKey[] = []): Explained {
  const path = [...before, ...issue.path];
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { path, message: issue.message };
  // A form of another type says less than one that the value begins to fit.
  const [nearest] = issue.errors.filter(([first]) => first.code !== 'invalid_type' || first.path.length > 0);
  if (nearest) return explain(nearest[0], path);
  const types = issue.errors.flatMap(([first]) => (first.code === 'invalid_type' ? [first.expected] : []));
  return { path, message: `Invalid input: expected ${[...new Set(types)].join(' or ')}` };
}
