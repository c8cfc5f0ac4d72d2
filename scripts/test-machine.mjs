/**
 * Readies this machine for `npm test`: a browser, a virtual display, the libraries Electron needs, and an Electron. On
 * Debian as root what is missing is installed; anywhere else it is said what to install.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTestElectron, installedElectron, testElectron } from './electron-runtime.mjs';
import { hasPip } from './python-package.mjs';
import { run } from './setup.mjs';

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/** Chromium's binary: LATHE_CHROMIUM, else where systems put it. */
export function findChromium() {
  const usual = [
    process.env.LATHE_CHROMIUM,
    onPath('chromium'),
    onPath('google-chrome'),
    onPath('chromium-browser'),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ];
  return usual.find((file) => file && existsSync(file));
}

let libraries;
function hasLibrary(name) {
  libraries ??= spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  return libraries.includes(name);
}

const hasFonts = () => (spawnSync('fc-list', { encoding: 'utf8' }).stdout ?? '').includes('Liberation');

/** What Linux needs: how to know that it is there, and Debian's package for it (from Debian 13 on, libraries with t64). */
const NEEDS = [
  [() => findChromium() !== undefined, 'chromium'],
  [() => onPath('Xvfb') !== undefined, 'xvfb'],
  [() => hasLibrary('libgtk-3.so.0'), 'libgtk-3-0', 't64'],
  [() => hasLibrary('libnss3.so'), 'libnss3'],
  [() => hasLibrary('libasound.so.2'), 'libasound2', 't64'],
  [() => hasLibrary('libgbm.so.1'), 'libgbm1'],
  [hasFonts, 'fonts-liberation'],
  [() => installedElectron() !== undefined || testElectron() !== undefined || hasPip(), 'python3-pip'],
];

function debianRelease() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID=debian$/m.test(text) ? Number(/^VERSION_ID="(\d+)/m.exec(text)?.[1] ?? 99) : undefined;
}

const missingPackages = (release) =>
  NEEDS.filter(([there]) => !there()).map(([, name, suffix]) => (suffix && release >= 13 ? name + suffix : name));

export function prepareTestMachine() {
  if (process.platform === 'linux') {
    const release = debianRelease();
    const missing = missingPackages(release ?? 12);
    if (missing.length > 0) {
      if (release === undefined || process.getuid() !== 0) {
        const how = release === undefined ? 'your system’s packages of' : 'sudo apt-get install';
        console.error(
          `The tests of the window need what is missing here. Install it, then run npm test again:\n  ${how} ${missing.join(' ')}`,
        );
        process.exit(1);
      }
      console.error(`Installing ${missing.join(', ')}…`);
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      run('apt-get', ['update', '-qq'], { env });
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
      libraries = undefined;
    }
  } else if (findChromium() === undefined) {
    console.error('The tests of the page need Chromium or Google Chrome: install one, or name it in LATHE_CHROMIUM.');
    process.exit(1);
  }
  try {
    ensureTestElectron();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepareTestMachine();
