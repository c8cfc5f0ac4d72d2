/** The engine process that the shell starts: talks to it over IPC, listens on no port, and ends when it goes. */
import { RPCHandler } from '@orpc/server/message-port';
import { dataFolder } from '../cli/data-folder.ts';
import { UserError } from '../contract/errors.ts';
import { Engine } from './composition.ts';
import { router } from './router.ts';
import { fileSecrets } from './secrets.ts';
import { shellCarrier } from './shell-carrier.ts';

const home = dataFolder();
const shell = shellCarrier(fileSecrets(home));
/** What the user can mend is said in words: the shell shows the last lines. */
function open(): Engine {
  try {
    return new Engine(home, shell.secrets);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint} [${error.code}]\n`);
    process.exit(1);
  }
}

const engine = open();

let ending = false;
/** @param patient write the checkpoints first */
async function end(patient: boolean): Promise<void> {
  if (ending && patient) return;
  ending = true;
  // Without the shell nobody is there to wait: workers see that the engine is gone and save what they can.
  if (patient) await engine.close();
  process.exit(0);
}

shell.listen(new RPCHandler(router) as never, { engine, carrier: 'electron' }, () => void end(true));
process.on('disconnect', () => void end(false));
process.on('SIGTERM', () => void end(true));
// Ctrl+C in a terminal reaches the whole group: the shell decides.
process.on('SIGINT', () => undefined);

const tellRunning = (): void => shell.send({ kind: 'running', jobs: engine.queue.running() });
let told = '';
engine.events.onChange(({ kind }) => {
  if (kind !== 'job' && kind !== 'jobs') return;
  const now = JSON.stringify(engine.queue.running());
  if (now !== told) tellRunning();
  told = now;
});
shell.send({ kind: 'ready' });
tellRunning();
await engine.begin();
