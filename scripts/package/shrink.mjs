/** Takes out of the packaged application what nothing in it reads: debuggers' symbols, comments in code, Vulkan in software. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { minifySync } from 'vite';

const filesIn = (folder, pattern) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** Symbols that only a debugger reads, where this system can take them out (24 MB less in the engine's part on Linux). */
export function stripSymbols(files) {
  if (process.platform !== 'linux') return;
  for (const file of files) spawnSync('strip', ['--strip-unneeded', file], { stdio: 'ignore' });
}

export const librariesIn = (folder) => filesIn(folder, /\.(so|node)(\.\d+)*$/);

/** Comments and white space of scripts, except licences; names stay, so that what went wrong can be read. */
export function minifyScripts(folder) {
  for (const file of filesIn(folder, /\.[cm]?js$/)) {
    const { code, errors } = minifySync(file, readFileSync(file, 'utf8'), {
      compress: false,
      mangle: false,
      codegen: { removeWhitespace: true, legalComments: 'inline' },
    });
    if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
    // What held comments alone is empty now, which says nothing about the kind of module that it is.
    if (code !== '') writeFileSync(file, code);
  }
}

/** Of Electron's folder: Vulkan in software, which draws only WebGL and WebGPU without a graphics card; the licences, packed. */
export function trimElectron(folder) {
  for (const name of [
    'libvk_swiftshader.so',
    'libvulkan.so.1',
    'vk_swiftshader.dll',
    'vulkan-1.dll',
    'vk_swiftshader_icd.json',
  ])
    rmSync(join(folder, name), { force: true });
  const licences = join(folder, 'LICENSES.chromium.html');
  if (!existsSync(licences)) return;
  writeFileSync(`${licences}.gz`, gzipSync(readFileSync(licences), { level: 9 }));
  rmSync(licences);
}
