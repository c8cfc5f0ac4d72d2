/** `lathe models get|search`: models of the Hugging Face hub. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import type { Progress } from '../progress.ts';
import { table } from '../report.ts';
import { describeModel } from './models.ts';

export const modelsGet = defineCommand({
  name: 'models get',
  summary: 'Download a model from the Hugging Face hub; a download that was cut off goes on where it stopped',
  example: 'lathe models get smollm2-135m-instruct',
  arguments: [{ name: 'model', help: 'short name, owner/name or owner/name@revision' }],
  options: z.object({
    out: z.string().optional().describe('Folder to write instead of the library'),
    id: z.string().optional().describe('Name in the library (default: the name on the hub)'),
  }),
  async run([text], { out, id }, { home, signal, progress }) {
    const [{ getModel, hubSettings, parseReference }, { libraryPath }, { modelFacts }] = await Promise.all([
      import('../../models/hub/index.ts'),
      import('../../models/library.ts'),
      import('../../models/facts.ts'),
    ]);
    const reference = parseReference(text);
    const folder = resolve(out ?? libraryPath(home, id ?? reference.id));
    let bar: Progress | undefined;
    await getModel(reference, folder, {
      settings: hubSettings(),
      signal,
      onProgress(bytes, total) {
        const mega = (n: number) => Math.round(n / 1e5) / 10;
        bar ??= progress(`Getting ${reference.repo}`, mega(total), 'MB');
        bar.update(mega(bytes));
      },
    });
    bar?.end();
    return modelFacts(folder);
  },
  print: describeModel,
});

export const modelsSearch = defineCommand({
  name: 'models search',
  summary: 'Look for models on the Hugging Face hub, the most downloaded first',
  example: 'lathe models search smollm2',
  arguments: [{ name: 'query', help: 'words of the name' }],
  options: z.object({ limit: z.number().int().min(1).max(200).default(20).describe('How many to show') }),
  async run([query], { limit }, { signal }) {
    const { hubSettings, searchModels } = await import('../../models/hub/index.ts');
    return { models: await searchModels(query, limit, hubSettings(), signal) };
  },
  print({ models }) {
    if (models.length === 0) return 'nothing of that name';
    const rows = models.map(({ repo, architecture, parameters, downloads, gated }) => [
      repo,
      architecture ?? '?',
      parameters === undefined ? '?' : `${(parameters / 1e6).toFixed(0)} M`,
      String(downloads),
      gated ? 'ask first' : '',
    ]);
    return table([['model', 'architecture', 'parameters', 'downloads', ''], ...rows]);
  },
});
