/**
 * What the frozen layers make of texts, kept on disk text by text: computed once, then read by every further run of the
 * same model, whichever other texts that run has. Large ones stay on disk and are read where they lie.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../models/model.ts';
import { poolingOf } from './classifier.ts';
import { KEY_BYTES, type Kept, type Place, readIndex, readPlace, writeSegment } from './feature-segment.ts';

/** Vectors of rows, in memory or on disk. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  /** Copies the rows asked for one behind the other into `target`. */
  gather(rows: ArrayLike<number>, target: Float32Array): void;
  /** Closes files. */
  dispose(): void;
}

export interface CachedFeatures {
  /** A row for each vector: one of a text, or one of each of its tokens. */
  readonly features: Features;
  readonly folder: string;
  /** Whether all of them were there already. */
  readonly hit: boolean;
  /** Texts that were there already, and those that had to be computed. */
  readonly reused: number;
  readonly computed: number;
  readonly sizeBytes: number;
}

export interface FeatureRequest {
  /** From `featureKey`. */
  readonly key: string;
  readonly texts: readonly Int32Array[];
  readonly width: number;
  /** Vectors of a text; default 1. */
  readonly vectorsOf?: (text: Int32Array) => number;
  /** Vectors of these texts, one behind the other. */
  readonly compute: (texts: readonly Int32Array[]) => Promise<Float32Array>;
  /** More than this is left on disk while it is used. */
  readonly memoryBytes?: number;
}

/** Kept after so much was computed, so that a run that is killed loses little. */
const SEGMENT_FLOATS = 1 << 23;
const MEMORY_BYTES = 2 ** 30;

/** @throws UserError disk/full, file/not-allowed, whatever `compute` throws */
export async function cachedFeatures(cacheFolder: string, request: FeatureRequest): Promise<CachedFeatures> {
  const { texts, width, vectorsOf = () => 1 } = request;
  const folder = join(cacheFolder, request.key.slice(0, 32));
  const lengths = texts.map((text) => width * vectorsOf(text));
  const keys = texts.map(textKey);
  const places = await placesIn(folder);
  const usable = await verify(keys, lengths, places);
  const missing = [...new Map(keys.map((key, i) => [key, i])).entries()].filter(([key]) => !usable.has(key));
  for (const chunk of inChunks(missing, ([, i]) => lengths[i])) {
    const values = await request.compute(chunk.map(([, i]) => texts[i]));
    let at = 0;
    const entries: Kept[] = chunk.map(([key, i]) => {
      at += lengths[i];
      return { key, values: values.subarray(at - lengths[i], at) };
    });
    const file = join(folder, `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}.features`);
    await writeSegment(file, entries);
    for (const [key, place] of (await readIndex(file)) ?? []) usable.set(key, place);
  }
  const sizeBytes = 4 * lengths.reduce((a, b) => a + b, 0);
  const found = keys.map((key) => usable.get(key)!);
  const fits = sizeBytes <= (request.memoryBytes ?? MEMORY_BYTES);
  const features = fits ? await inMemory(found, width) : onDisk(found, width);
  const computed = missing.length;
  return { features, folder, hit: computed === 0, reused: new Set(keys).size - computed, computed, sizeBytes };
}

const textKey = (ids: Int32Array): string => createHash('sha256').update(ids).digest().toString('latin1', 0, KEY_BYTES);

/** All that is known of each text; a damaged text may have been written again into a later segment. */
async function placesIn(folder: string): Promise<Map<string, Place[]>> {
  const names = await readdir(folder).catch((): string[] => []);
  const all = new Map<string, Place[]>();
  for (const name of names.filter((name) => name.endsWith('.features')).sort()) {
    for (const [key, place] of (await readIndex(join(folder, name))) ?? []) {
      const known = all.get(key);
      if (known) known.push(place);
      else all.set(key, [place]);
    }
  }
  return all;
}

/** Reads everything that is asked for once: a place is only used if its numbers are those that were written. */
async function verify(
  keys: readonly string[],
  lengths: readonly number[],
  places: ReadonlyMap<string, readonly Place[]>,
): Promise<Map<string, Place>> {
  const usable = new Map<string, Place>();
  const files = new Files();
  try {
    for (const [i, key] of keys.entries()) {
      if (usable.has(key)) continue;
      for (const place of places.get(key) ?? []) {
        const isWhole = place.length === lengths[i] && (await files.read(place, new Float32Array(place.length)));
        if (isWhole) usable.set(key, place);
      }
    }
  } finally {
    await files.close();
  }
  return usable;
}

/** Files opened once each. */
class Files {
  readonly #handles = new Map<string, Promise<Awaited<ReturnType<typeof open>>>>();
  async read(place: Place, target: Float32Array): Promise<boolean> {
    const handle = this.#handles.get(place.file) ?? open(place.file);
    this.#handles.set(place.file, handle);
    return readPlace(await handle, place, target);
  }
  async close(): Promise<void> {
    for (const handle of this.#handles.values()) await (await handle).close();
  }
}

function* inChunks<T>(items: readonly T[], floatsOf: (item: T) => number): Generator<T[]> {
  let chunk: T[] = [];
  let floats = 0;
  for (const item of items) {
    chunk.push(item);
    floats += floatsOf(item);
    if (floats < SEGMENT_FLOATS) continue;
    yield chunk;
    [chunk, floats] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

async function inMemory(places: readonly Place[], width: number): Promise<Features> {
  const values = new Float32Array(places.reduce((n, { length }) => n + length, 0));
  const files = new Files();
  try {
    let at = 0;
    for (const place of places) {
      await files.read(place, values.subarray(at, at + place.length));
      at += place.length;
    }
  } finally {
    await files.close();
  }
  return arrayFeatures(values, width);
}

/** Vectors [rows, width] that lie in an array already. */
export function arrayFeatures(values: Float32Array, width: number): Features {
  return {
    rows: values.length / width,
    width,
    gather(rows, target) {
      for (let r = 0; r < rows.length; r++) {
        target.set(values.subarray(rows[r] * width, (rows[r] + 1) * width), r * width);
      }
    },
    dispose: () => undefined,
  };
}

/**
 * Reads each row where it lies. The operating system keeps in memory what it can, as with a mapped file; but a disk that
 * fails is an error here, and would be the end of the process there.
 */
function onDisk(places: readonly Place[], width: number): Features {
  const descriptors = new Map<string, number>();
  for (const { file } of places) if (!descriptors.has(file)) descriptors.set(file, openSync(file, 'r'));
  const rows = places.reduce((n, { length }) => n + length / width, 0);
  const [files, positions] = [new Int32Array(rows), new Float64Array(rows)];
  let row = 0;
  for (const { file, position, length } of places) {
    for (let at = 0; at < length; at += width, row++) {
      files[row] = descriptors.get(file)!;
      positions[row] = position + 4 * at;
    }
  }
  return {
    rows,
    width,
    gather(asked, target) {
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      for (let r = 0; r < asked.length; r++) {
        const read = readSync(files[asked[r]], bytes, r * width * 4, width * 4, positions[asked[r]]);
        if (read !== width * 4) throw new Error('kept features became shorter while they were used');
      }
    },
    dispose: () => {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      descriptors.clear();
    },
  };
}

/** A part of the rows, or the same in another order. */
export function pickFeatures(features: Features, rows: ArrayLike<number>): Features {
  const chosen = Uint32Array.from(rows);
  return {
    rows: chosen.length,
    width: features.width,
    gather: (asked, target) => {
      features.gather(
        Uint32Array.from(asked, (r) => chosen[r]),
        target,
      );
    },
    dispose: () => undefined,
  };
}

/** Identifies what features depend on besides the text: all bytes of the weights, and how texts are pooled. */
export async function featureKey(model: Model, kind = ''): Promise<string> {
  const hash = createHash('sha256').update(`features 2 ${model.architecture.name} ${poolingOf(model)} ${kind}`);
  // A layer that takes the mean follows from the configuration.
  hash.update(JSON.stringify(model.config));
  for (const file of new Set([...model.weights.values()].map((constant) => constant.file))) await addFile(hash, file);
  return hash.digest('hex');
}

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
}
