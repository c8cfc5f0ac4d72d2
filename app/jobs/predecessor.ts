/** A job's earlier worker may still be writing its checkpoint when the engine that started it is long gone. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Longer than a worker without an engine is given. */
const PATIENCE_MS = 20_000;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Waits for the worker that had this folder before and takes its place. */
export async function takeOver(work: string): Promise<void> {
  const file = join(work, 'worker.pid');
  const earlier = Number(await readFile(file, 'utf8').catch(() => ''));
  const until = performance.now() + PATIENCE_MS;
  while (earlier > 0 && earlier !== process.pid && isAlive(earlier) && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await writeFile(file, String(process.pid));
}
