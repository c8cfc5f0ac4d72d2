/** Makes a checkout ready: installs the pinned packages and builds, skipping what is already up to date. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Lathe needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a command with its output on standard error, so that standard output stays free for JSON. */
export function run(command, args, options = {}) {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell, ...options });
  if (error || status !== 0) {
    console.error(`Set-up stopped: ${command} ${args.join(' ')} failed${error ? ` (${error.message})` : ''}.`);
    process.exit(1);
  }
}

const hashOf = (files) =>
  files.reduce((h, f) => h.update(f).update(readFileSync(f)), createHash('sha256')).digest('hex');

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => statSync(file).isFile())
    .sort();
}

/** Does `work` unless the stamp says that it was done for exactly these inputs and its result is still there. */
export function once(name, inputs, result, work) {
  const stamp = join(root, '.cache', `${name}.stamp`);
  const hash = hashOf(inputs) + process.version;
  if (existsSync(result) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

export function setup() {
  once('packages', [join(root, 'package.json'), join(root, 'package-lock.json')], join(root, 'node_modules'), () => {
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', ONNXRUNTIME_NODE_INSTALL_CUDA: 'skip' };
    run('npm', ['ci', '--no-audit', '--no-fund'], { env });
  });
  const inputs = [...sources(join(root, 'app')), join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')];
  once('build', inputs, join(root, 'dist', 'cli'), () => run('npx', ['tsc', '-p', 'tsconfig.build.json']));
  const shell = [
    ...sources(join(root, 'electron')),
    ...sources(join(root, 'app', 'contract')),
    ...['package.json', 'scripts/build-shell.mjs', 'resources/icons/icon-256.png'].map((file) => join(root, file)),
  ];
  once('shell', shell, join(root, 'dist', 'electron'), () => run(process.execPath, ['scripts/build-shell.mjs']));
  const page = [
    ...sources(join(root, 'renderer')),
    ...sources(join(root, 'app', 'contract')),
    join(root, 'package-lock.json'),
  ];
  once('page', page, join(root, 'dist', 'renderer', 'index.html'), () => run('npm', ['run', '--silent', 'build:page']));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
