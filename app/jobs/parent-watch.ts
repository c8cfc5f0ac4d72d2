/**
 * Ends this process when its parent is gone, whatever it is busy with. The channel's end is noticed only between two turns
 * of the event loop, so a thread of its own looks too: a worker must never outlive the engine.
 */
import { Worker } from 'node:worker_threads';

/** Time to write a checkpoint once the parent is gone. */
const GRACE_MS = 15_000;

const WATCH = `
const parent = process.ppid;
const gone = () => {
  if (process.ppid !== parent) return true;
  try { process.kill(parent, 0); return false; } catch (error) { return error.code === 'ESRCH'; }
};
let since = 0;
setInterval(() => {
  if (!gone()) return;
  since ||= Date.now();
  if (Date.now() - since > ${GRACE_MS}) process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/** @param onGone is called once when the channel to the parent closes; the process ends by itself soon after */
export function endWithParent(onGone: () => void): void {
  const watch = new Worker(WATCH, { eval: true, name: 'parent-watch' });
  watch.unref();
  process.once('disconnect', () => {
    onGone();
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  });
}
