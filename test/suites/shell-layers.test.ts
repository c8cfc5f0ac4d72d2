/** The shell knows the contract and its own parts: no model code, no database, no page; the engine is a process that it starts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SHELL = join(import.meta.dirname, '../../electron');
const PACKAGES = ['electron', 'electron-updater', 'zod'];
const files = readdirSync(SHELL).filter((file) => file.endsWith('.ts'));

const importsOf = (file: string): string[] =>
  [...readFileSync(join(SHELL, file), 'utf8').matchAll(/(?:\bfrom|\bimport\(?|\brequire\()\s*['"]([^'"]+)['"]/g)].map(
    ([, path]) => path,
  );

const isAllowed = (path: string): boolean =>
  path.startsWith('node:') || path.startsWith('./') || path.startsWith('../app/contract/') || PACKAGES.includes(path);

it('imports its own parts, the contract, and what Electron brings', () => {
  expect(files.length).toBeGreaterThan(10);
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => !isAllowed(path))
      .map((path) => `${file} -> ${path}`),
  );
  expect(wrong).toEqual([]);
});

it('lets only the preload into the page, and that without Node', () => {
  expect(importsOf('preload.ts').filter((path) => path.startsWith('node:'))).toEqual([]);
});
