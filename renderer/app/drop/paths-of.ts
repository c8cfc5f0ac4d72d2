/** Paths of what was dropped or picked: the shell knows them; in a browser the files are uploaded first. */
import { bridge } from '../../client/bridge.ts';
import { upload } from '../../client/upload.ts';

interface Found {
  readonly file: File;
  /** With its folders, as it was dropped. */
  readonly name: string;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

const entriesOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> =>
  new Promise((resolve, reject) => reader.readEntries(resolve, reject));

async function filesUnder(entry: FileSystemEntry): Promise<Found[]> {
  const name = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) return [{ file: await fileOf(entry as FileSystemFileEntry), name }];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Found[] = [];
  // A reader gives at most 100 entries at a time.
  for (let batch = await entriesOf(reader); batch.length > 0; batch = await entriesOf(reader))
    for (const child of batch) found.push(...(await filesUnder(child)));
  return found;
}

/** Uploads all; a folder counts once, by its own path. */
export async function uploadAll(found: readonly Found[], progress: (done: number) => void): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const [index, { file, name }] of found.entries()) {
    progress(index);
    const path = await upload(file, name);
    const depth = name.split('/').length - 1;
    const top = depth === 0 ? path : path.split('/').slice(0, -depth).join('/');
    paths.set(top, top);
  }
  return [...paths.values()];
}

/** Must be called before the drop event ends: the transfer is empty afterwards. */
export async function pathsOfDrop(transfer: DataTransfer, progress: (done: number) => void): Promise<string[]> {
  if (bridge !== undefined) {
    const shell = bridge;
    return [...transfer.files].map((file) => shell.pathForFile(file)).filter((path) => path !== '');
  }
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found = (await Promise.all(entries.map(filesUnder))).flat();
  return uploadAll(found, progress);
}
