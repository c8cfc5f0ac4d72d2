/** Listens to the engine's changes and makes what the page shows of them stale; after a break everything is. */
import type { Change } from '../../app/contract/system.ts';
import { engine } from './client.ts';
import { connectionState, onConnection } from './connection.ts';
import { forget, type QueryKind, queries } from './queries.ts';

const STALE: Readonly<Record<Change['kind'], readonly QueryKind[]>> = {
  job: ['jobs', 'job'],
  jobs: ['jobs'],
  model: ['models', 'compare'],
  models: ['models', 'compare'],
  dataset: ['datasets'],
  datasets: ['datasets'],
  drafts: ['drafts'],
  exports: ['exports'],
  settings: ['settings', 'system'],
  trash: ['trash'],
};

/** Events come many a second while a job runs: kinds are gathered and told at most this often. */
const GATHER_MS = 250;
const gathered = new Set<QueryKind>();
let timer: number | undefined;

function tell(): void {
  timer = undefined;
  for (const kind of gathered) void forget(kind);
  gathered.clear();
}

async function listen(): Promise<void> {
  try {
    for await (const change of await engine.system.events({})) {
      for (const kind of STALE[change.kind]) gathered.add(kind);
      if (timer === undefined) timer = window.setTimeout(tell, GATHER_MS);
    }
  } catch {
    // The connection broke: the next `ready` listens again.
  }
}

/** Once, when the page starts. */
export function followChanges(): void {
  let listening = false;
  const start = () => {
    if (connectionState().state !== 'ready') {
      listening = false;
      return;
    }
    if (listening) return;
    listening = true;
    void queries.invalidateQueries();
    void listen();
  };
  onConnection(start);
  start();
}
