/** Binding threads to processors: which there are for this process, and how ONNX Runtime is told. */
import { readFileSync } from 'node:fs';
import { availableParallelism, platform } from 'node:os';

/**
 * Processors that this process may run on, from 0; none where the system binds no threads (macOS).
 * @param status of the process, as Linux writes it
 */
export function processors(system: string = platform(), status: () => string = ownStatus): number[] {
  if (system === 'win32') return Array.from({ length: availableParallelism() }, (_, i) => i);
  if (system !== 'linux') return [];
  // A container's may begin anywhere and have gaps: "2-3,8".
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status())?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return range === '' ? [] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    // A sandbox without /proc: there it is not known, and nothing is bound.
    return '';
  }
}

/** Whether binding threads means anything here. */
export const canPin = (): boolean => processors().length > 1;

/**
 * Value of `session.intra_op_thread_affinities`: one entry for each thread but the caller's, which stays free; entries count
 * from 1. Undefined where there is nothing to bind.
 * @param threads of the session, the caller's among them
 */
export function affinities(threads: number, on: readonly number[] = processors()): string | undefined {
  if (threads < 2 || on.length < 2) return undefined;
  return Array.from({ length: threads - 1 }, (_, i) => on[(i + 1) % on.length] + 1).join(';');
}

/** Threads and their binding as a session is told; only a number of threads can be bound, so `pinned` alone means one each. */
export function threading(options: { readonly threads?: number; readonly pinned?: boolean }): {
  readonly threads: number;
  readonly affinities?: string;
} {
  const bound = options.pinned ? affinities(options.threads || processors().length) : undefined;
  if (bound === undefined) return { threads: options.threads ?? 0 };
  return { threads: bound.split(';').length + 1, affinities: bound };
}
