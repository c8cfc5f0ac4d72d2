/** The process of one job: does what the engine sent, the way the command line does it, and ends. */

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { COMMANDS } from '../cli/commands/index.ts';
import { peakMemory } from '../profile/peak-memory.ts';
import { failureOf } from './failure.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { endWithParent } from './parent-watch.ts';
import { type WorkerReports, workerContext } from './worker-context.ts';
import { runRecipe } from './worker-recipe.ts';

const stop = new AbortController();

const send = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
};
/** The last message must be out before the process ends. */
const sendLast = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, () => resolve());
    else resolve();
  });

/** Where memory runs out the system must end this process, never the engine. */
function offerToTheOutOfMemoryKiller(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '800');
  } catch {
    // Some containers do not allow it: the system's own choice stands.
  }
}

async function runCommand(name: string, args: string[], options: object, reports: WorkerReports): Promise<void> {
  const command = COMMANDS.find((c) => c.name === name)!;
  send({ kind: 'step-begin', step: 0, options: { ...options } });
  const result = (await command.run(args, command.options.parse(options), reports.context)) as { path: string };
  reports.flush();
  send({ kind: 'step-end', step: 0, result: { ...result }, model: basename(result.path) });
}

async function work(start: WorkerStart): Promise<void> {
  const { task, home, threads } = start;
  const reports = workerContext(send, { home, threads, signal: stop.signal });
  try {
    if (task.kind === 'recipe') await runRecipe({ ...start, task }, reports, send);
    else if (task.kind === 'import') await runCommand('models import', [task.path], { id: task.id }, reports);
    else {
      const reference = task.revision === undefined ? task.repo : `${task.repo}@${task.revision}`;
      await runCommand('models get', [reference], {}, reports);
    }
    reports.flush();
    await sendLast({ kind: 'done', peakMemory: peakMemory() });
  } catch (error) {
    reports.flush();
    // Whatever breaks off once a stop was asked for does so because of it.
    await sendLast(stop.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', failure: failureOf(error) });
  }
  // Runtime threads would keep a finished process alive.
  process.exit();
}

offerToTheOutOfMemoryKiller();
endWithParent(() => stop.abort(new Error('the engine is gone')));
process.on('message', (message: ToWorker) => {
  if (message.kind === 'start') void work(message);
  else stop.abort(new Error('stopped'));
});
