/** How busy other programs keep the machine: whether threads that wait busily would take cores from somebody. */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds in which any core did something, since the machine started. */
const busyTime = (): number =>
  cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);

function ownTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Shorter spans say little: the system counts every core in ticks of 10 ms. */
const SHORTEST_MS = 100;

/** Starts watching. What it returns says how many cores all other programs used on average since then, a tenth of a second at least. */
export function watchOtherLoad(): () => Promise<number> {
  const [busy, own, begin] = [busyTime(), ownTime(), performance.now()];
  return async () => {
    const left = SHORTEST_MS - (performance.now() - begin);
    if (left > 0) await sleep(left);
    return Math.max(0, busyTime() - busy - (ownTime() - own)) / (performance.now() - begin);
  };
}
