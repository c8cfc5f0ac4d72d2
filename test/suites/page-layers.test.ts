/** The page knows the contract's types and nothing else of the engine; wizards and pages do not know one another. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'renderer');
const files = (readdirSync(PAGE, { recursive: true }) as string[])
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file));

/** Relative imports as paths from the repository's root, with whether only types are taken. */
function importsOf(file: string): { target: string; typesOnly: boolean }[] {
  const text = readFileSync(join(PAGE, file), 'utf8');
  const found = text.matchAll(/(import\s+type\b[^;]*?|\b)(?:from|import\(?)\s*['"](\.[^'"]+)['"]/g);
  return [...found].map(([, head, path]) => ({
    target: relative(ROOT, resolve(dirname(join(PAGE, file)), path)).replaceAll('\\', '/'),
    typesOnly: head.startsWith('import'),
  }));
}

it('imports nothing of the engine but types of the contract', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(
        ({ target, typesOnly }) =>
          !target.startsWith('renderer/') && !(typesOnly && target.startsWith('app/contract/')),
      )
      .map(({ target }) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

/** `wizards/finetune/…` -> `wizards/finetune`; files of the folder itself and shared parts have none. */
function featureOf(path: string): string | undefined {
  const [folder, name, ...rest] = path.split('/');
  const shared = folder === 'wizards' && (name === 'frame' || name === 'form');
  return (folder === 'wizards' || folder === 'pages') && rest.length > 0 && !shared ? `${folder}/${name}` : undefined;
}

it('lets no wizard or page import another', () => {
  const wrong = files.flatMap((file) => {
    const own = featureOf(file);
    if (own === undefined) return [];
    return importsOf(file)
      .map(({ target }) => target.replace(/^renderer\//, ''))
      .filter((target) => featureOf(target) !== undefined && featureOf(target) !== own)
      .map((target) => `${file} -> ${target}`);
  });
  expect(wrong).toEqual([]);
});
