/** Once a day, while the engine goes on: is the database still whole? Its start asks too, but may be weeks ago. */
import type { Logger } from 'pino';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface NightlyOptions {
  /** What is wrong with the database, or undefined. */
  check(): Promise<string | undefined>;
  /** Told once for each thing that is found. */
  onProblem(problem: string): void;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly everyMs?: number;
}

/** @returns ends it */
export function checkNightly({ check, onProblem, log, everyMs = DAY_MS }: NightlyOptions): () => void {
  let told: string | undefined;
  const timer = setInterval(() => {
    check().then(
      (problem) => {
        if (problem === undefined) log.info('the database is whole');
        else if (problem !== told) onProblem(problem);
        told = problem;
      },
      (error: unknown) => log.error({ err: error }, 'the database could not be checked'),
    );
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
