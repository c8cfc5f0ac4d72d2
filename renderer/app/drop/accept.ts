/** Does what was agreed: models are imported, data sets added, recipes started. */
import type { Inspected } from '../../../app/contract/files.ts';
import { engine } from '../../client/client.ts';
import { attempt, tell } from '../../ui/notify.tsx';
import { wizards } from '../../wizards/index.ts';
import { go } from '../hash-location.ts';

export const usable = (item: Inspected): boolean => item.problem === undefined && item.kind !== 'unknown';

async function importModel(item: Inspected): Promise<void> {
  await engine.models.import({ path: item.path });
  tell({ title: `Importing ${item.name}`, text: 'It appears under Models when it is done.' });
  go('/models');
}

async function addDatasets(items: readonly Inspected[]): Promise<void> {
  const added = await engine.datasets.add({ paths: items.map(({ path }) => path) });
  const [first] = added.items;
  if (first === undefined) return;
  tell({
    tone: 'good',
    title: added.items.length === 1 ? `Added ${first.name}` : `Added ${added.items.length} data sets`,
  });
  // A wizard waits for these data: it lists them by itself.
  if (wizards.some(({ path }) => window.location.hash.startsWith(`#${path}`))) return;
  go(added.items.length === 1 ? `/datasets/${first.id}` : '/datasets');
}

async function runRecipe(yaml: string): Promise<void> {
  const job = await engine.jobs.start({ yaml });
  go(`/jobs/${job.id}`);
}

export async function accept(items: readonly Inspected[]): Promise<void> {
  for (const item of items) if (item.kind === 'model') await attempt(() => importModel(item));
  const datasets = items.filter(({ kind }) => kind === 'dataset');
  if (datasets.length > 0) await attempt(() => addDatasets(datasets));
  for (const { kind, text } of items) if (kind === 'recipe' && text !== undefined) await attempt(() => runRecipe(text));
}
