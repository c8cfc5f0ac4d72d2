/** All export targets. A new one is a new file and a line here. */
import { readdir, rename, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeFolderAtomically, writeJsonAtomically } from '../files/atomic.ts';
import { openStored } from '../models/stored.ts';
import { writeCard } from './card.ts';
import type { Check } from './check.ts';
import { gguf } from './gguf/index.ts';
import { ggufLora } from './gguf/lora.ts';
import { gptq } from './gptq/index.ts';
import { writeManifest } from './manifest.ts';
import { onnx } from './onnx.ts';
import { onnxruntimeGenai } from './onnxruntime-genai.ts';
import { onnxruntimeMobile } from './onnxruntime-mobile.ts';
import { safetensors } from './safetensors.ts';
import { type ExportedFile, type ExportOptions, type ExportTarget, listFiles } from './target.ts';
import { transformersJs } from './transformers-js.ts';

export const TARGETS: readonly ExportTarget[] = [
  onnx,
  transformersJs,
  onnxruntimeMobile,
  onnxruntimeGenai,
  safetensors,
  gptq,
  ...gguf,
  ggufLora,
];

export interface ExportResult {
  readonly target: string;
  readonly folder: string;
  readonly files: readonly ExportedFile[];
  readonly checks: readonly Check[];
}

/** Files that show that a folder was written by an export, and may be replaced by the next. */
const MARKER = 'lathe-export.json';

/**
 * Writes the model for a target and proves that the target says what the source says.
 * @throws UserError export/check-failed, arguments/invalid for an unknown target, disk/full, file/*
 */
export async function exportModel(
  path: string,
  target: string,
  out: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const found = TARGETS.find(({ name }) => name === target);
  if (!found) {
    throw new UserError(
      'arguments/invalid',
      `there is no target "${target}" (there are ${TARGETS.map((t) => t.name).join(', ')})`,
    );
  }
  if (options.adapter !== undefined && !found.needsAdapter) {
    throw new UserError('arguments/incompatible', `${target} holds whole models: adapters go to --target gguf-lora`);
  }
  const model = await openStored(path);
  const { kind, name } = model.architecture;
  if (kind === 'encoder-decoder') {
    throw new UserError(
      'arguments/incompatible',
      `${name}, an encoder-decoder, cannot be exported yet: decoders, encoders and classifiers can`,
    );
  }
  const checks = await writeFolderAtomically(
    out,
    async (folder) => {
      // Targets write a folder of their own, which may itself be replaced whole.
      const inner = join(folder, '.export');
      const done = await found.write(model, inner, options);
      for (const name of await readdir(inner)) await rename(join(inner, name), join(folder, name));
      await rmdir(inner);
      await writeJsonAtomically(join(folder, MARKER), { version: 1, target, source: path, checks: done });
      await writeCard(folder, target, model, done);
      await writeManifest(folder, target, model, done);
      return done;
    },
    MARKER,
  );
  const result = { target, folder: resolve(out), files: await listFiles(out), checks };
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const [{ name, detail }] = failed;
    throw new UserError('export/check-failed', `${target}: ${name}: ${detail}`);
  }
  return result;
}
