/** A model of the hub into the library: only the files it needs, in a `.part` folder until all are there and right. */
import { mkdir, readFile, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { assertReplaceable, replaceFolder, writeFileAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { describe } from '../architectures/index.ts';
import { importPacked } from '../import/packed.ts';
import { LINEAGE_FILE, readLineage } from '../lineage.ts';
import { readConfig } from '../model.ts';
import { packingOf } from '../packing.ts';
import { openStored } from '../stored.ts';
import { downloadFile, partName } from './download.ts';
import { type HubFile, neededFiles, readRepository } from './files.ts';
import type { HubReference } from './reference.ts';
import type { HubSettings } from './settings.ts';

export interface GetOptions {
  readonly settings: HubSettings;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** In the part folder: which commit its files are of. */
const ORIGIN_FILE = 'lathe-download.json';
/** Left free on the disk beside the model itself. */
const SPARE_BYTES = 64 * 2 ** 20;

/**
 * Puts the model into `out`; layers that GPTQ or AWQ packed are unpacked. A download that was cut off goes on where it
 * stopped; one that is there already is left as it is.
 * @throws UserError hub/*, disk/full, file/exists (another model has that folder), file/outside-folder, model/*, weights/*
 */
export async function getModel(reference: HubReference, out: string, options: GetOptions): Promise<void> {
  const { settings, signal } = options;
  await assertFree(out, reference);
  const { commit, files } = await readRepository(reference, settings, signal);
  const source = `hf:${reference.repo}@${commit}`;
  if (await isThere(out, source)) return;
  const needed = neededFiles(files, reference.repo);
  const part = partName(resolve(out));
  await withFileErrors(part, () => prepare(part, reference.repo, commit));
  await assertRoom(part, needed);

  const total = needed.reduce((n, { sizeBytes }) => n + sizeBytes, 0);
  let before = 0;
  for (const file of needed) {
    signal?.throwIfAborted();
    const url = `${settings.endpoint}/${reference.repo}/resolve/${encodeURIComponent(commit)}/${encodePath(file.path)}`;
    const onBytes = (bytes: number) => options.onProgress?.(before + bytes, total);
    if ((await sizeIn(part, file.path)) !== file.sizeBytes)
      await downloadFile(url, file, part, { settings, signal, onBytes });
    before += file.sizeBytes;
    options.onProgress?.(before, total);
    // Before the gigabytes: a model that Lathe cannot open is not fetched.
    if (file.path === 'config.json') {
      const config = await readConfig(part);
      describe(config);
      packingOf(config);
    }
  }
  const origin = { version: 1, source, format: 'huggingface', steps: [] };
  const packing = packingOf(await readConfig(part));
  if (packing) {
    await writeJsonAtomically(join(part, LINEAGE_FILE), origin);
    await importPacked(part, packing, out, { signal });
    await rm(part, { recursive: true });
    return;
  }
  await openStored(part);
  await rm(join(part, ORIGIN_FILE), { force: true });
  await writeJsonAtomically(join(part, LINEAGE_FILE), origin);
  await replaceFolder(part, resolve(out));
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** @throws UserError file/exists */
async function assertFree(out: string, { repo }: HubReference): Promise<void> {
  await assertReplaceable(out);
  const lineage = await readFile(join(out, LINEAGE_FILE)).catch(() => undefined);
  if (!lineage) return;
  const { source } = await readLineage(out);
  if (!source?.startsWith(`hf:${repo}@`))
    throw new UserError('file/exists', `${out} holds another model (from ${source}): give this one another name`);
}

async function isThere(out: string, source: string): Promise<boolean> {
  if ((await sizeIn(out, LINEAGE_FILE)) === undefined) return false;
  return (await readLineage(out)).source === source;
}

const sizeIn = (folder: string, path: string): Promise<number | undefined> =>
  stat(join(folder, path)).then(
    ({ size }) => size,
    () => undefined,
  );

/** What an earlier attempt left is kept only if it is of the same commit. */
async function prepare(part: string, repo: string, commit: string): Promise<void> {
  const origin = JSON.stringify({ repo, commit });
  if ((await readFile(join(part, ORIGIN_FILE), 'utf8').catch(() => '')) === origin) return;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  await writeFileAtomically(join(part, ORIGIN_FILE), origin);
}

/** @throws UserError disk/full before the first byte */
async function assertRoom(part: string, files: readonly HubFile[]): Promise<void> {
  let missing = 0;
  for (const { path, sizeBytes } of files) {
    missing += sizeBytes - ((await sizeIn(part, path)) ?? (await sizeIn(part, partName(path))) ?? 0);
  }
  const { bavail, bsize } = await statfs(dirname(part));
  const free = bavail * bsize;
  if (missing > 0 && missing + SPARE_BYTES > free) {
    const giga = (bytes: number) => (bytes / 1e9).toFixed(2);
    throw new UserError('disk/full', `the download needs ${giga(missing)} GB more, ${giga(free)} GB are free`);
  }
}
