/** `lathe models import|list|show|remove`: the library. */
import { rm } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { ModelFacts } from '../../models/facts.ts';
import { defineCommand } from '../command.ts';
import type { Progress } from '../progress.ts';
import { table } from '../report.ts';

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const millions = (count: number): string => `${(count / 1e6).toFixed(1)} M`;

export function describeModel({ id, path, architecture, parameters, sizeBytes, ...rest }: ModelFacts): string {
  const lines = [
    ['id', id],
    ['path', path],
    ['architecture', architecture],
    ['parameters', millions(parameters)],
    ['size', `${mega(sizeBytes)} (${rest.bitsPerWeight.toFixed(2)} bits a weight)`],
    ['layers', rest.layers > 0 ? `${rest.layers} of width ${rest.width}` : 'not said'],
    ['context', rest.contextLength > 0 ? `${rest.contextLength} tokens` : 'not said'],
    ['source', rest.source ?? 'unknown'],
    ['steps', rest.steps.map(({ technique }) => technique).join(' -> ') || 'none'],
  ];
  return lines.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n');
}

export const modelsImport = defineCommand({
  name: 'models import',
  summary:
    'Take a model into the library: a Hugging Face folder (GPTQ and AWQ too), a GGUF file, an ONNX file or folder',
  example: 'lathe models import ~/Downloads/SmolLM2-135M-Instruct.Q4_1.gguf',
  arguments: [{ name: 'source', help: 'folder or file' }],
  options: z.object({
    out: z.string().optional().describe('Folder to write instead of the library'),
    id: z.string().optional().describe('Name in the library (default: the name of the source)'),
  }),
  async run([source], { out, id }, { home, signal, progress }) {
    const [{ importModel }, { libraryPath, safeId }, { modelFacts }] = await Promise.all([
      import('../../models/import/index.ts'),
      import('../../models/library.ts'),
      import('../../models/facts.ts'),
    ]);
    const name = basename(resolve(source));
    const folder = out ?? libraryPath(home, id ?? safeId(name.slice(0, name.length - extension(name).length)));
    let bar: Progress | undefined;
    const onProgress = (done: number, total: number) => {
      bar ??= progress('Importing', total, 'tensors');
      bar.update(done);
    };
    await importModel(source, folder, { signal, onProgress });
    bar?.end();
    return modelFacts(resolve(folder));
  },
  print: describeModel,
});

const extension = (name: string): string =>
  ['.gguf', '.onnx'].includes(extname(name).toLowerCase()) ? extname(name) : '';

export const modelsList = defineCommand({
  name: 'models list',
  summary: 'List the library',
  example: 'lathe models list --json',
  arguments: [],
  options: z.object({}),
  async run(_, __, { home }) {
    const [{ EMBEDDED, libraryPath, listModels }, { modelFacts }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/facts.ts'),
    ]);
    const models: ModelFacts[] = [];
    const broken: { readonly id: string; readonly path: string; readonly error: string }[] = [];
    const own = await listModels(home);
    const embedded = Object.entries(EMBEDDED).filter(([id]) => !own.includes(id));
    const all = [...embedded, ...own.map((id) => [id, libraryPath(home, id)])];
    for (const [id, path] of all) {
      // One broken model must not hide the others.
      try {
        models.push(await modelFacts(path, id));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        broken.push({ id, path, error: error.message });
      }
    }
    return { models, broken };
  },
  print({ models, broken }) {
    const rows = models.map((m) => [m.id, m.architecture, millions(m.parameters), mega(m.sizeBytes)]);
    const lines = [table([['id', 'architecture', 'parameters', 'size'], ...rows])];
    for (const { id, error } of broken) lines.push(`${id} cannot be opened: ${error}`);
    return lines.join('\n');
  },
});

export const modelsShow = defineCommand({
  name: 'models show',
  summary: 'Say what a model is, where it came from and what was measured',
  example: 'lathe models show starter',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({}),
  async run([reference], _, { home }) {
    const [{ EMBEDDED, resolveModel }, { modelFacts }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/facts.ts'),
    ]);
    const path = await resolveModel(reference, home);
    return modelFacts(path, Object.entries(EMBEDDED).find(([, folder]) => folder === path)?.[0]);
  },
  print: describeModel,
});

export const modelsRemove = defineCommand({
  name: 'models remove',
  summary: 'Delete a model of the library from the disk',
  example: 'lathe models remove smollm2-135m-instruct',
  arguments: [{ name: 'id', help: 'library id' }],
  options: z.object({}),
  async run([id], _, { home }) {
    const { libraryPath, listModels } = await import('../../models/library.ts');
    if (!(await listModels(home)).includes(id)) throw new UserError('model/not-a-model', `the library has no "${id}"`);
    await rm(libraryPath(home, id), { recursive: true });
    return { removed: id };
  },
  print: ({ removed }) => `${removed} is deleted`,
});
