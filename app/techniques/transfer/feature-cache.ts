/** What the frozen layers make of a data set, kept on disk: computed once, then read by every further run on the same. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import type { Model } from '../../models/model.ts';
import { poolingOf } from './classifier.ts';

export interface CachedFeatures {
  /** float32 [rows, width] */
  readonly features: Float32Array;
  readonly file: string;
  /** Whether they were there already. */
  readonly hit: boolean;
}

const note = z.object({
  version: z.literal(1),
  key: z.string(),
  rows: z.number(),
  width: z.number(),
  sha256: z.string(),
});

/** Node reads files of this size at most at once. */
const LARGEST_FILE = 2 ** 31 - 1;
const CHUNK_ROWS = 1 << 16;

/**
 * The features under `key`, from `folder` if they lie there whole, else computed and kept. A file of another key, of
 * another size or with another checksum is not believed. What is too large for one file is computed each time.
 */
export async function cachedFeatures(
  folder: string,
  key: string,
  [rows, width]: readonly [rows: number, width: number],
  compute: () => Promise<Float32Array>,
): Promise<CachedFeatures> {
  const file = join(folder, `${key.slice(0, 32)}.f32`);
  const found = await load(file, key, rows, width);
  if (found) return { features: found, file, hit: true };
  const features = await compute();
  const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
  if (bytes.length <= LARGEST_FILE) {
    // The numbers first: a note without them would be a lie.
    await writeFileAtomically(file, bytes);
    await writeJsonAtomically(`${file}.json`, { version: 1, key, rows, width, sha256: sha256(bytes) });
  }
  return { features, file, hit: false };
}

async function load(file: string, key: string, rows: number, width: number): Promise<Float32Array | undefined> {
  const text = await readFile(`${file}.json`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = note.safeParse(parseJson(text)).data;
  if (parsed?.key !== key || parsed.rows !== rows || parsed.width !== width) return undefined;
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes || bytes.byteLength !== rows * width * 4 || sha256(bytes) !== parsed.sha256) return undefined;
  const copy = new Uint8Array(new ArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += CHUNK_ROWS * 64) hash.update(bytes.subarray(at, at + CHUNK_ROWS * 64));
  return hash.digest('hex');
}

/** Identifies everything that features depend on: all bytes of the weights, how texts are pooled, their token ids. */
export async function featureKey(model: Model, texts: readonly Int32Array[]): Promise<string> {
  const hash = createHash('sha256').update(`features 1 ${model.architecture.name} ${poolingOf(model)}`);
  // A layer that takes the mean follows from the configuration.
  hash.update(JSON.stringify(model.config));
  for (const file of new Set([...model.weights.values()].map((constant) => constant.file))) await addFile(hash, file);
  for (const ids of texts) hash.update(`${ids.length}:`).update(ids);
  return hash.digest('hex');
}

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
}
