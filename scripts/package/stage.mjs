/** Lays out build/stage: the shell's bundle, the engine with its packages, and the Node that they were installed for. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { root } from '../setup.mjs';
import { isNeeded, productionPackages } from './production-packages.mjs';
import { librariesIn, minifyScripts, stripSymbols } from './shrink.mjs';

const STAGE = join(root, 'build', 'stage');
const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const noMaps = (file) => !file.endsWith('.map');
const copy = (from, to, filter = noMaps) =>
  cpSync(join(root, from), join(STAGE, to), { recursive: true, dereference: true, filter });
const writeJson = (file, value) => writeFileSync(join(STAGE, file), `${JSON.stringify(value, null, 2)}\n`);

function stageShell() {
  copy('dist/electron', 'app/dist/electron');
  copy('dist/renderer', 'app/dist/renderer');
  const { name, version, description, license } = about;
  writeJson('app/package.json', {
    ...{ name, productName: 'Lathe', version, description, license },
    ...{ author: 'the makers of Lathe', main: 'dist/electron/main.cjs', desktopName: 'lathe.desktop' },
    // A .deb is refused without one; the release puts the project's own address here.
    homepage: about.homepage ?? 'https://lathe.invalid/',
  });
}

function stagePackages() {
  for (const path of productionPackages(root)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    for (const file of readdirSync(join(root, path), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const whole = join(file.parentPath ?? file.path, file.name);
      const inside = relative(join(root, path), whole).split(sep).join('/');
      if (inside.startsWith('node_modules/') || !isNeeded(name, inside)) continue;
      const target = join(STAGE, 'engine', path, inside);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(whole, target);
    }
  }
}

function stageEngine() {
  copy('dist', 'engine/dist', (file) => noMaps(file) && file !== join(root, 'dist', 'electron'));
  copy('bin', 'engine/bin');
  copy('resources', 'engine/resources', (file) => file !== join(root, 'resources', 'icons'));
  const { name, version, type, license, bin } = about;
  writeJson('engine/package.json', { name, version, type, license, bin });
  for (const file of ['LICENSE', 'NOTICE'].filter((file) => readdirSync(root).includes(file)))
    copy(file, `engine/${file}`);
  stagePackages();
}

function stageNode() {
  const windows = process.platform === 'win32';
  const target = join(STAGE, 'node', windows ? 'node.exe' : 'bin/node');
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(realpathSync(process.execPath), target);
  chmodSync(target, 0o755);
}

export function stage() {
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(join(STAGE, 'app'), { recursive: true });
  stageShell();
  stageEngine();
  stageNode();
  stripSymbols([join(STAGE, 'node', 'bin', 'node'), ...librariesIn(join(STAGE, 'engine', 'node_modules'))]);
  minifyScripts(join(STAGE, 'engine'));
}
