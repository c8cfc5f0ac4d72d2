/** What an export is: files in a folder, each with its hash, and the checks that the target's own runtime agrees. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StoredModel } from '../models/stored.ts';
import type { Check } from './check.ts';

export interface ExportOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Prompts, as token ids, that source and export are compared on. */
  readonly prompts: readonly (readonly number[])[];
  /** File with the importance of each input, which GGUF weighs rounding errors by. */
  readonly imatrix?: string;
  /** Other types for some tensors of a GGUF file: `ffn_down=q6_k`; the first that fits a tensor holds. */
  readonly tensorTypes?: readonly string[];
  /** Folder of the model quantized in Lathe, whose bits of each layer a GGUF file is to have. */
  readonly plan?: string;
  /** Folder of a PEFT adapter of the model, for targets that export one. */
  readonly adapter?: string;
  readonly say?: (text: string) => void;
}

export interface ExportTarget {
  readonly name: string;
  readonly summary: string;
  /** How it stores weights, where targets differ in nothing else: the name is then `<what they share>-<type>`. */
  readonly type?: string;
  /** It holds models that were quantized in Lathe and no others. */
  readonly quantizedOnly?: boolean;
  /** What it exports is an adapter of the model. */
  readonly needsAdapter?: boolean;
  /**
   * Writes into an empty folder and checks what it wrote.
   * @throws UserError arguments/incompatible where this model cannot become this target
   */
  write(model: StoredModel, folder: string, options: ExportOptions): Promise<readonly Check[]>;
}

export interface ExportedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export async function listFiles(folder: string): Promise<ExportedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: ExportedFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    files.push({ path: relative(folder, path), sizeBytes: (await stat(path)).size, sha256: hash.digest('hex') });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
