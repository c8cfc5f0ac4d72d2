/** Which packages the engine needs, and which of their files: nothing of the build, nothing of other platforms. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the installed packages that are no development tools, from the lock file. */
export function productionPackages(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, about]) => path !== '' && !about.dev && !about.devOptional && existsSync(join(root, path)))
    .map(([path]) => path);
}

const NEVER = [
  /\.(map|md|markdown|ts|mts|cts|flow|gyp|c|cc|cpp|h|hpp|o|a|d|tsbuildinfo|wat)$/i,
  // At the package's root only: yaml keeps its code in dist/doc.
  /^(test|tests|__tests__|docs|examples?|\.github|benchmarks?|coverage)\//i,
  /(^|\/)(binding\.gyp|\.eslintrc.*|\.prettierrc.*|\.npmignore|\.editorconfig|tsconfig.*\.json)$/i,
];
/** Of these packages only what matches is needed at run time (besides package.json and the licence). */
const ONLY = {
  'better-sqlite3': [/^lib\//, /^build\/Release\/better_sqlite3\.node$/],
  'onnxruntime-node': [
    /^dist\//,
    new RegExp(`^bin/[^/]+/${process.platform}/${process.arch}/(?!.*providers_(cuda|tensorrt))`),
  ],
  koffi: [/^index\.c?js$/, /^indirect\.c?js$/, /^lib\//],
};

/** @param {string} name of the package @param {string} file its path inside, with forward slashes */
export function isNeeded(name, file) {
  if (/^(package\.json|(LICEN[CS]E|NOTICE|COPYING)[^/]*)$/i.test(file)) return true;
  if (NEVER.some((pattern) => pattern.test(file))) return false;
  return ONLY[name]?.some((pattern) => pattern.test(file)) ?? true;
}
