/** What a model's page shows beyond the index: configuration, files, lineage. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measurements } from '../contract/measurements.ts';
import type { ModelDetail, TensorInfo } from '../contract/models.ts';
import { readAdaptiveNote } from '../models/adaptive-note.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { readLineage } from '../models/lineage.ts';
import { readConfig } from '../models/model.ts';
import { openStored } from '../models/stored.ts';

export type FolderDetail = Pick<
  ModelDetail,
  | 'vocabulary'
  | 'layers'
  | 'width'
  | 'source'
  | 'hasChatTemplate'
  | 'hasAdapter'
  | 'adaptive'
  | 'steps'
  | 'config'
  | 'files'
>;

/** A folder with a problem still shows its files and lineage. */
export async function folderDetail(path: string): Promise<FolderDetail> {
  const { source, steps } = await readLineage(path);
  const files: { name: string; bytes: number }[] = [];
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.push({ name: file.slice(path.length + 1), bytes: (await stat(file)).size });
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  const config = await readConfig(path).catch(() => ({}));
  const note = await readAdaptiveNote(path).catch(() => undefined);
  const described = await openStored(path).then(
    (stored) => stored.config,
    () => undefined,
  );
  return {
    vocabulary: described?.vocabulary ?? 0,
    layers: described?.layers ?? 0,
    width: described?.width ?? 0,
    source,
    hasChatTemplate: (await findChatTemplate(path).catch(() => undefined)) !== undefined,
    hasAdapter: files.some(({ name }) => name.includes('adapter_config.json')),
    adaptive: note && (note.kind ?? 'classifier'),
    steps: steps.map(({ technique, options, date, versions, before, after }) => ({
      technique,
      options,
      date,
      versions,
      before: before as Measurements | undefined,
      after: after as Measurements | undefined,
    })),
    config,
    files,
  };
}

/** The tensors by the names they are stored under. @throws UserError model/*, weights/* */
export async function layersOf(path: string): Promise<TensorInfo[]> {
  const { weights } = await openStored(path);
  return [...weights].map(([name, { shape, dtype, byteLength }]) => ({
    name,
    shape: [...shape],
    dtype,
    bytes: byteLength,
  }));
}

export const readCard = (path: string): Promise<string> => readFile(join(path, 'README.md'), 'utf8').catch(() => '');
