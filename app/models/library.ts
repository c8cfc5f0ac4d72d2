/** The library: one folder a model under `<home>/models/<id>`. Anything that takes a model takes a path or an id. */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../contract/errors.ts';
import { exists } from '../files/exists.ts';

const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export const modelsFolder = (home: string): string => join(home, 'models');

/** @throws UserError arguments/invalid for a name that is no plain folder name */
export function libraryPath(home: string, id: string): string {
  if (!SAFE_ID.test(id)) throw new UserError('arguments/invalid', `"${id}" cannot be the id of a model`);
  return join(modelsFolder(home), id);
}

/** A name made fit to be an id: `My Model (v2)` -> `my-model-v2`. */
export function safeId(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[-.]+$/g, '');
  return id === '' ? 'model' : id.slice(0, 128);
}

export async function listModels(home: string): Promise<string[]> {
  const entries = await readdir(modelsFolder(home), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((e) => e.isDirectory() && SAFE_ID.test(e.name) && !e.name.endsWith('.part'))
    .map((e) => e.name)
    .sort();
}

const embedded = (name: string): string => fileURLToPath(new URL(`../../resources/${name}/model`, import.meta.url));

/** The models that come with Lathe, under these ids: one that continues texts, and an encoder to learn from. */
export const EMBEDDED = { starter: embedded('starter'), minilm: embedded('minilm') } as const;
export const STARTER = EMBEDDED.starter;
export type EmbeddedId = keyof typeof EMBEDDED;

const isEmbedded = (id: string): id is EmbeddedId => Object.hasOwn(EMBEDDED, id);

/**
 * The folder or file that a reference means: a path that exists, else a model of the library, else one that comes with Lathe.
 * @throws UserError model/not-a-model
 */
export async function resolveModel(reference: string, home: string): Promise<string> {
  if (await exists(reference)) return resolve(reference);
  if (SAFE_ID.test(reference) && (await exists(libraryPath(home, reference)))) return libraryPath(home, reference);
  if (isEmbedded(reference)) return EMBEDDED[reference];
  const known = await listModels(home);
  const near = known.length > 0 ? ` (the library has ${known.slice(0, 5).join(', ')})` : ' (the library is empty)';
  throw new UserError('model/not-a-model', `there is no model "${reference}"${near}`);
}
