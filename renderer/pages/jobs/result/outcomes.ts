/** Reads from a job's reports what the verdict needs. Pure. */

import type { JobDetail } from '../../../../app/contract/jobs.ts';
import type { Measurements } from '../../../../app/contract/measurements.ts';
import { adaptReportOf } from './adapt-report.ts';
import type { StepOutcome } from './verdict.ts';

interface Check {
  readonly name: string;
  readonly passed: boolean;
}

export interface Outcomes {
  readonly steps: readonly StepOutcome[];
  /** Of a profile: there is nothing that it could be compared with. */
  readonly measured?: Measurements;
}

export function outcomesOf({ steps }: Pick<JobDetail, 'steps'>): Outcomes {
  const outcomes = steps.map(({ name, before, after, result, options }): StepOutcome => {
    const checks = Array.isArray(result?.checks) ? (result.checks as Check[]) : undefined;
    const adapted = name === 'adapt' ? adaptReportOf(result) : undefined;
    return {
      name,
      before,
      after,
      ...(adapted === undefined ? {} : { adapted }),
      ...(checks === undefined ? {} : { checks, target: String(result?.target ?? options.target) }),
    };
  });
  const profile = steps.findLast(({ name, result }) => name === 'profile' && result !== undefined);
  // The engine has checked the report against the same schema.
  const measured = profile?.after ?? (profile?.result as Measurements | undefined);
  return { steps: outcomes, measured };
}
