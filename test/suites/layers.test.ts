/** Who may import whom: the table of ARCHITECTURE.md, held to. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const APP = resolve(import.meta.dirname, '../../app');
const BASE = ['contract', 'tensor', 'files', 'onnx', 'runtime'];
const MODELS = [...BASE, 'models', 'datasets', 'generate', 'evaluate'];
const OPERATIONS = [...MODELS, 'techniques', 'profile', 'export', 'recipes'];
const ALL = [...OPERATIONS, 'store', 'library', 'jobs', 'server', 'cli'];

/** Folder -> folders it may import from, besides itself. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  files: ['contract'],
  tensor: ['contract'],
  store: ['contract', 'files'],
  onnx: ['tensor', 'contract', 'files'],
  runtime: ['onnx', 'tensor', 'contract', 'files'],
  models: BASE,
  datasets: [...BASE, 'models'],
  generate: [...BASE, 'models', 'datasets'],
  evaluate: [...BASE, 'models', 'datasets', 'generate'],
  techniques: MODELS,
  profile: MODELS,
  export: [...MODELS, 'techniques'],
  recipes: OPERATIONS,
  library: [...OPERATIONS, 'store'],
  jobs: ALL,
  server: ALL,
  cli: ALL,
};

const files = (readdirSync(APP, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(APP, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport\(?)\s*['"](\.[^'"]+)['"]/g);
  return [...found].map(([, path]) => relative(APP, resolve(dirname(join(APP, file)), path)));
}

const folderOf = (path: string): string => path.split(/[\\/]/)[0];

it('has a rule for every folder', () => {
  expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in MAY))).toEqual([]);
});

it('imports only what the rules allow', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => folderOf(target) !== folderOf(file) && !MAY[folderOf(file)].includes(folderOf(target)))
      .map((target) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

/** The training loop, its settings and its batches serve every technique that trains, labelled texts every one that classifies. */
const SHARED =
  /^techniques\/(finetune\/(trainer|batch|label-batch|unpadded|source|open-source|loop|checkpoint|run-identity|schema)|transfer\/(labelled-rows|stratified-split))\.ts$/;

it('does not let techniques import one another', () => {
  const techniqueOf = (path: string) => path.split(/[\\/]/)[1];
  const wrong = files
    .filter((file) => folderOf(file) === 'techniques')
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => folderOf(target) === 'techniques' && techniqueOf(target) !== techniqueOf(file))
        .filter((target) => !SHARED.test(target.replaceAll('\\', '/')))
        .map((target) => `${file} -> ${target}`),
    );
  expect(wrong).toEqual([]);
});
