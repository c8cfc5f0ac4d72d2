/** Proves that a name which a file states stays inside a folder: names in model files come from strangers. */
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../contract/errors.ts';

/**
 * `name` inside `folder` as an absolute path.
 * @throws UserError file/outside-folder where it leaves the folder, by itself or through a link
 */
export async function insideFolder(folder: string, name: string): Promise<string> {
  const leaves = (from: string, to: string) => {
    const way = relative(from, to);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  const refuse = () => new UserError('file/outside-folder', `${JSON.stringify(name)} leaves the folder ${folder}`);
  const path = resolve(folder, name);
  if (isAbsolute(name) || name.includes('\0') || leaves(folder, path)) throw refuse();
  const [realFolder, real] = await Promise.all([realpath(folder), realpath(path).catch(() => undefined)]);
  // The hub's cache is a folder of links into a sibling "blobs" folder: the model's own files, so they may be followed.
  if (real && leaves(realFolder, real) && dirname(real) !== join(dirname(dirname(realFolder)), 'blobs')) throw refuse();
  return path;
}
