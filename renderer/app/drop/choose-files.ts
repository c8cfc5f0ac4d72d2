/** Lets the user pick files or a folder: the system's own dialog in Electron, the browser's otherwise. */
import { bridge } from '../../client/bridge.ts';
import { inspect } from './inspection.ts';
import { uploadAll } from './paths-of.ts';

function pickInBrowser(what: 'files' | 'folder'): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.webkitdirectory = what === 'folder';
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

export async function chooseFiles(what: 'files' | 'folder'): Promise<void> {
  if (bridge !== undefined) {
    const paths = await bridge.choose({ what, title: what === 'files' ? 'Open files' : 'Open a folder' });
    return inspect(async () => paths);
  }
  const files = await pickInBrowser(what);
  const found = files.map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  return inspect((progress) => uploadAll(found, progress));
}
