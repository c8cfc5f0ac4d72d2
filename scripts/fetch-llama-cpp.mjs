/**
 * Gets llama.cpp (node-llama-cpp with its prebuilt library for this platform) into .cache, once: for tests and benchmarks.
 * It is no dependency of the lock file, because some of its platform packages are not in every registry.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run } from './setup.mjs';

const VERSION = '3.22.1';
const PLATFORMS = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** @returns the path of the module to import */
export function ensureLlamaCpp() {
  const folder = join(root, '.cache/llama-cpp');
  const entry = join(folder, 'node_modules/node-llama-cpp/dist/index.js');
  const ready = join(folder, `ready-${VERSION}`);
  if (existsSync(ready)) return entry;
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  if (!platform) throw new Error(`node-llama-cpp has no build for ${process.platform} ${process.arch}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [`node-llama-cpp@${VERSION}`, `@node-llama-cpp/${platform}@${VERSION}`];
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts', ...packages], {
    cwd: folder,
  });
  writeFileSync(ready, '');
  return entry;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(ensureLlamaCpp());
