/**
 * What the teacher said of every prediction of a data set, on disk: written once, then read a few records at a time. A note
 * beside it says whose it is, of which data, and the checksum of all of it.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { writeAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { type RecordBatch, type RecordLayout, readRecords, recordBytes } from './records.ts';

const noteSchema = z.object({
  version: z.literal(1),
  /** Hashes of the teacher's weights and of the data. */
  teacher: z.string(),
  data: z.string(),
  temperature: z.number(),
  /** As it was asked for. */
  topK: z.union([z.number(), z.literal('auto'), z.literal('all')]),
  /** How many are kept; absent: all. */
  kept: z.number().optional(),
  vocabulary: z.number(),
  predictions: z.number(),
  /** Probability of the tokens left out, of all predictions. */
  massLost: z.object({ mean: z.number(), max: z.number() }),
  sha256: z.string(),
});
export type CacheNote = z.infer<typeof noteSchema>;

/** What a cache must agree with to be this run's. */
export type CacheKey = Pick<CacheNote, 'teacher' | 'data' | 'temperature' | 'topK'>;

const NOTE = 'teacher.json';
const RECORDS = 'teacher.bin';

/** A name for the cache of a key, where many lie in one folder. */
export const cacheName = (key: CacheKey): string =>
  createHash('sha256')
    .update(JSON.stringify([key.teacher, key.data, key.temperature, key.topK]))
    .digest('hex')
    .slice(0, 32);

export class TeacherCache {
  readonly folder: string;
  readonly note: CacheNote;
  readonly layout: RecordLayout;
  readonly #handle: FileHandle;
  readonly #size: number;

  private constructor(folder: string, note: CacheNote, handle: FileHandle) {
    this.folder = folder;
    this.note = note;
    this.layout = { vocabulary: note.vocabulary, topK: note.kept };
    this.#size = recordBytes(this.layout);
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#size * this.note.predictions;
  }

  /**
   * The cache in `folder` if it is whole and this run's; undefined where there is none or it is damaged: its checksum or its size
   * is another, so it has to be made again.
   * @throws UserError distill/other-cache where it was made by another teacher, of other data or with other settings
   */
  static async open(folder: string, key: CacheKey): Promise<TeacherCache | undefined> {
    const note = await readNote(join(folder, NOTE));
    if (!note) return undefined;
    const words = {
      teacher: 'another teacher',
      data: 'other data',
      temperature: 'another temperature',
      topK: 'another --top-k',
    };
    const differing = (Object.keys(words) as (keyof CacheKey)[]).filter((name) => note[name] !== key[name]);
    if (differing.length > 0) {
      const from = differing.map((name) => words[name]).join(' and ');
      throw new UserError('distill/other-cache', `the cache in ${folder} was made with ${from}`);
    }
    const file = join(folder, RECORDS);
    if ((await checksum(file)) !== note.sha256) return undefined;
    return new TeacherCache(resolve(folder), note, await open(file));
  }

  /** Writes a cache through `work`, which gets a function that takes the bytes of records in their order. */
  static async write(
    folder: string,
    work: (append: (records: Uint8Array) => Promise<void>) => Promise<Omit<CacheNote, 'version' | 'sha256'>>,
  ): Promise<void> {
    const hash = createHash('sha256');
    const note = await writeAtomically(join(folder, RECORDS), (handle) =>
      work(async (records) => {
        hash.update(records);
        await handle.writeFile(records);
      }),
    );
    // The records first: a note without them would be a lie.
    await writeJsonAtomically(join(folder, NOTE), { version: 1, ...note, sha256: hash.digest('hex') });
  }

  /** The records of `count` predictions from number `first` on. */
  async read(first: number, count: number): Promise<RecordBatch> {
    const bytes = new Uint8Array(count * this.#size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, first * this.#size + at);
      if (bytesRead === 0) throw new UserError('weights/truncated', `${join(this.folder, RECORDS)} ends too early`);
      at += bytesRead;
    }
    return readRecords(bytes, count, this.layout);
  }

  close = (): Promise<void> => this.#handle.close();
}

async function readNote(file: string): Promise<CacheNote | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function checksum(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}
