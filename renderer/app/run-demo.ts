/** Starts the demo on the starter model and shows its job. */
import { engine } from '../client/client.ts';
import { forget } from '../client/queries.ts';
import { go } from './hash-location.ts';

export async function runDemo(): Promise<void> {
  const job = await engine.jobs.startDemo({});
  await forget('jobs');
  go(`/jobs/${job.id}`);
}
