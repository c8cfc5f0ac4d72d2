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
  /\.(map|md|markdown|ts|mts|cts|flow|gyp|c|cc|cpp|h|hh|hpp|o|a|d|tsbuildinfo|wat)$/i,
  // At the package's root only: yaml keeps its code in dist/doc.
  /^(test|tests|__tests__|docs|examples?|\.github|benchmarks?|coverage)\//i,
  /(^|\/)(binding\.gyp|\.eslintrc.*|\.prettierrc.*|\.npmignore|\.editorconfig|tsconfig.*\.json)$/i,
];
/** Of these packages only what matches is needed at run time (besides package.json and the licence). */
const ONLY = {
  // The engine is of ECMAScript modules: it never asks for their twins.
  '@huggingface/hub': [/^dist\/(?!cli)[^/]+\.mjs$/],
  '@huggingface/tasks': [/^dist\/esm\//],
  '@huggingface/blake3-jit': [/^dist\/esm\//],
  '@huggingface/jinja': [/^dist\/index\.js$/],
  '@huggingface/tokenizers': [/^dist\/tokenizers\.mjs$/],
  '@bufbuild/protobuf': [/^dist\/esm\//],
  yaml: [/^dist\//],
  zod: [/^(index|v4\/.*|locales\/.*)\.js$/, /^v4\/.*\.json$/],
  'better-sqlite3': [/^lib\//, /^build\/Release\/better_sqlite3\.node$/],
  'onnxruntime-node': [
    /^dist\//,
    new RegExp(`^bin/[^/]+/${process.platform}/${process.arch}/(?!.*providers_(cuda|tensorrt))`),
  ],
  '@koromix/koffi-linux-x64': [/^index\.js$/, new RegExp(`^${libc()}_`)],
  '@koromix/koffi-linux-arm64': [/^index\.js$/, new RegExp(`^${libc()}_`)],
  koffi: [/^index\.c?js$/, /^indirect\.c?js$/, /^lib\//],
};

/** Which of koffi's libraries the Node that is shipped can load. */
function libc() {
  const glibc = process.platform !== 'linux' || process.report.getReport().header.glibcVersionRuntime;
  return glibc ? 'linux' : 'musl';
}

/** @param {string} name of the package @param {string} file its path inside, with forward slashes */
export function isNeeded(name, file) {
  if (/^(package\.json|(LICEN[CS]E|NOTICE|COPYING)[^/]*)$/i.test(file)) return true;
  if (NEVER.some((pattern) => pattern.test(file))) return false;
  return ONLY[name]?.some((pattern) => pattern.test(file)) ?? true;
}
