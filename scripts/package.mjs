/**
 * `npm run package`: the application for this platform, in out/. With the real Electron everything that electron/electron-builder.yml
 * names; where only the tests' older Electron is to be had, a folder and a tar.gz to try, not to ship.
 * usage: npm run package -- [--dir]   (--dir: the folder alone)
 */
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import sevenZip from '7zip-bin';
import { build } from 'electron-builder';
import { parse } from 'yaml';
import { downloadElectron, installedElectron, testElectron } from './electron-runtime.mjs';
import { librariesIn, stripSymbols, trimElectron } from './package/shrink.mjs';
import { stage } from './package/stage.mjs';
import { root, setup } from './setup.mjs';

setup();
const binary = installedElectron() ?? downloadElectron();
const runtime = binary ?? testElectron();
if (!runtime) {
  console.error(
    'No Electron can be had here. On Linux x64 `node scripts/test-machine.mjs` gets an older one to try with.',
  );
  process.exit(1);
}
const version = createRequire(import.meta.url)('electron/package.json').version;
const real = binary !== undefined;
const folderOnly = process.argv.includes('--dir');
if (!real)
  console.error(
    'The Electron of this release cannot be had: this build, with an older one, is to try and not to ship.',
  );

stage();
rmSync(join(root, 'out'), { recursive: true, force: true });
const config = parse(readFileSync(join(root, 'electron', 'electron-builder.yml'), 'utf8'));
if (folderOnly) for (const platform of ['linux', 'mac', 'win']) config[platform].target = ['dir'];
if (!real) {
  config.linux.target = folderOnly ? ['dir'] : ['dir', 'tar.gz'];
  // Electron-builder would fetch its own 7-Zip.
  chmodSync(sevenZip.path7za, 0o755);
  process.env.ELECTRON_BUILDER_7ZIP_PATH = sevenZip.path7za;
  process.env.ELECTRON_BUILDER_COMPRESSION_LEVEL = '1';
}
// The tests' runtime carries a stand-in for Electron's default app; neither belongs into the application.
config.afterPack = ({ appOutDir }) => {
  for (const name of ['app', 'default_app.asar'])
    rmSync(join(appOutDir, 'resources', name), { recursive: true, force: true });
  trimElectron(appOutDir);
  stripSymbols([join(appOutDir, 'lathe'), ...librariesIn(appOutDir).filter((file) => !file.includes('resources'))]);
};
const electronDist = process.platform === 'darwin' ? undefined : dirname(runtime);
await build({ projectDir: root, config: { ...config, electronVersion: real ? version : '22.3.25', electronDist } });

const sizeOf = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path, { withFileTypes: true }).reduce(
        (sum, entry) => (entry.isSymbolicLink() ? sum : sum + sizeOf(join(path, entry.name))),
        0,
      )
    : statSync(path).size;
for (const name of readdirSync(join(root, 'out')).filter((name) => !/^builder-|\.blockmap$/.test(name)))
  console.log(`out/${name}  ${Math.round(sizeOf(join(root, 'out', name)) / 1e6)} MB`);
