/** How busy other programs keep the machine: whether threads that wait busily would take cores from somebody. */
import { cpus } from 'node:os';

/** Milliseconds in which any core did something, since the machine started. */
const busyTime = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);

function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Shorter spans say nothing: the system counts in ticks of 10 ms. */
const SHORTEST_MS = 30;

/**
 * Starts watching. What it returns says how many cores all other programs used on average since then; undefined where too
 * little time has passed to say.
 */
export function watchOtherLoad(): () => number | undefined {
  const [busy, own, begin] = [busyTime(), ownTime(), performance.now()];
  return () => {
    const elapsed = performance.now() - begin;
    if (elapsed < SHORTEST_MS) return undefined;
    return Math.max(0, busyTime() - busy - (ownTime() - own)) / elapsed;
  };
}
