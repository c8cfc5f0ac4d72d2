/**
 * llama.cpp's importance matrix: for each weight of a GGUF file the mean square of each input it meets over some text.
 * Written as the GGUF file that `llama-imatrix` writes now; read in that form and in the older binary one.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../../contract/errors.ts';
import { withFileErrors } from '../../../files/file-errors.ts';
import { openGguf } from './reader.ts';
import type { GgufValue } from './values.ts';
import { writeGguf } from './writer.ts';

export interface Importance {
  /** Mean of x² by GGUF name of the weight (`blk.0.attn_q.weight`), one value for each column. */
  readonly columns: ReadonlyMap<string, Float32Array>;
  readonly tokens: number;
  /** Tokens of a window of the text. */
  readonly chunk: number;
  /** What the text was called. */
  readonly dataset: string;
}

const SUMS = '.in_sum2';
const COUNTS = '.counts';
const MAGIC = 0x46554747;

export async function writeImportance(path: string, { columns, tokens, chunk, dataset }: Importance): Promise<void> {
  const metadata = new Map<string, GgufValue>([
    ['general.type', { type: 'string', value: 'imatrix' }],
    ['imatrix.datasets', { type: 'array', items: 'string', value: [dataset] }],
    ['imatrix.chunk_count', { type: 'uint32', value: Math.ceil(tokens / chunk) }],
    ['imatrix.chunk_size', { type: 'uint32', value: chunk }],
  ]);
  const tensors = [...columns].flatMap(([name, means]) => [
    {
      name: `${name}${SUMS}`,
      dtype: 'float32' as const,
      shape: [1, means.length],
      produce: () => means.map((mean) => mean * tokens),
    },
    { name: `${name}${COUNTS}`, dtype: 'float32' as const, shape: [1, 1], produce: () => Float32Array.of(tokens) },
  ]);
  await writeGguf(path, metadata, tensors);
}

/** @throws UserError weights/corrupt, weights/truncated, file/* */
export async function readImportance(path: string): Promise<Importance> {
  const bytes = await withFileErrors(path, () => readFile(path));
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === MAGIC) return readGgufForm(path);
  try {
    return readOldForm(bytes);
  } catch (cause) {
    throw new UserError('weights/corrupt', `${path} is no importance matrix of llama.cpp`, { cause });
  }
}

async function readGgufForm(path: string): Promise<Importance> {
  const source = await openGguf(path);
  try {
    const columns = new Map<string, Float32Array>();
    let tokens = 0;
    for (const name of source.tensors.keys()) {
      if (!name.endsWith(SUMS)) continue;
      const weight = name.slice(0, -SUMS.length);
      const sums = await source.readFloat32(name);
      const counts = await source.readFloat32(`${weight}${COUNTS}`);
      // A weight of many experts has a count for each; those that never fired say nothing.
      if (counts.length !== 1) continue;
      tokens = Math.max(tokens, counts[0]);
      columns.set(weight, counts[0] > 0 ? sums.map((sum) => sum / counts[0]) : sums.map(() => 1));
    }
    if (columns.size === 0) throw new UserError('weights/corrupt', `${path} holds no importance matrix`);
    const datasets = source.gguf.get('imatrix.datasets');
    return {
      columns,
      tokens,
      chunk: Number(source.gguf.get('imatrix.chunk_size')?.value ?? 512),
      dataset: datasets?.type === 'array' ? datasets.value.join(', ') : '',
    };
  } finally {
    await source.close();
  }
}

/** int32 count of entries, of each: name, calls, values times calls; then calls and name of the text. */
function readOldForm(bytes: Buffer): Importance {
  let at = 0;
  const int = (): number => {
    at += 4;
    return bytes.readInt32LE(at - 4);
  };
  const text = (): string => {
    const length = int();
    if (length < 0 || at + length > bytes.length) throw new RangeError('a name ends after the file');
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const columns = new Map<string, Float32Array>();
  for (let entries = int(); entries > 0; entries--) {
    const name = text();
    const calls = int();
    const count = int();
    if (count < 1 || at + 4 * count > bytes.length) throw new RangeError('values end after the file');
    const scale = calls > 0 ? 1 / calls : 1;
    columns.set(
      name,
      Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(at + 4 * i) * scale),
    );
    at += 4 * count;
  }
  if (columns.size === 0) throw new RangeError('there are no entries');
  const chunks = at < bytes.length ? int() : 0;
  const chunk = 512;
  return { columns, tokens: chunks * chunk, chunk, dataset: at < bytes.length ? text() : '' };
}
