/** What a teacher said of one prediction, as bytes: a signature, the share of the tokens left out, and those kept. */
import { fromFloat16, toFloat16 } from '../../tensor/half.ts';

export interface RecordLayout {
  readonly vocabulary: number;
  /** How many tokens are kept; absent: all, as float32, without their ids. */
  readonly topK?: number;
}

export interface RecordBatch {
  readonly signatures: Uint32Array;
  /** [rows, vocabulary], or [rows, topK + 1] with the others' share last. */
  readonly probabilities: Float32Array;
  /** [rows, topK] */
  readonly ids?: Int32Array;
}

const HEAD = 8;
const idBytes = (vocabulary: number): number => (vocabulary <= 65536 ? 2 : 4);

/** Bytes of a record: signature u32, left-out share f32, ids u16 or u32, probabilities f16 (all of a vocabulary: f32). */
export function recordBytes({ vocabulary, topK }: RecordLayout): number {
  if (topK === undefined) return HEAD + 4 * vocabulary;
  return 4 * Math.ceil((HEAD + topK * (idBytes(vocabulary) + 2)) / 4);
}

/** Writes one record at `offset`. @param ids the kept tokens, absent for all. @returns the share left out */
export function writeRecord(
  view: DataView,
  offset: number,
  layout: RecordLayout,
  signature: number,
  probabilities: ArrayLike<number>,
  ids?: ArrayLike<number | bigint>,
): number {
  const { vocabulary, topK } = layout;
  view.setUint32(offset, signature, true);
  if (topK === undefined || !ids) {
    for (let i = 0; i < vocabulary; i++) view.setFloat32(offset + HEAD + 4 * i, probabilities[i], true);
    return 0;
  }
  const wide = idBytes(vocabulary) === 4;
  const from = offset + HEAD + topK * idBytes(vocabulary);
  let kept = 0;
  let exact = 0;
  for (let i = 0; i < topK; i++) {
    const id = Number(ids[i]);
    if (wide) view.setUint32(offset + HEAD + 4 * i, id, true);
    else view.setUint16(offset + HEAD + 2 * i, id, true);
    const half = toFloat16(probabilities[i]);
    view.setUint16(from + 2 * i, half, true);
    kept += fromFloat16(half);
    exact += probabilities[i];
  }
  // The others get what is missing from one, so that rounding loses nothing.
  view.setFloat32(offset + 4, Math.max(0, 1 - kept), true);
  return Math.max(0, 1 - exact);
}

/** Reads records that lie behind one another. */
export function readRecords(bytes: Uint8Array, rows: number, layout: RecordLayout): RecordBatch {
  const { vocabulary, topK } = layout;
  const size = recordBytes(layout);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = topK === undefined ? vocabulary : topK + 1;
  const signatures = new Uint32Array(rows);
  const probabilities = new Float32Array(rows * width);
  const ids = topK === undefined ? undefined : new Int32Array(rows * topK);
  for (let r = 0; r < rows; r++) {
    const at = r * size;
    signatures[r] = view.getUint32(at, true);
    if (topK === undefined || !ids) {
      for (let i = 0; i < width; i++) probabilities[r * width + i] = view.getFloat32(at + HEAD + 4 * i, true);
      continue;
    }
    const wide = idBytes(vocabulary) === 4;
    const from = at + HEAD + topK * idBytes(vocabulary);
    for (let i = 0; i < topK; i++) {
      ids[r * topK + i] = wide ? view.getUint32(at + HEAD + 4 * i, true) : view.getUint16(at + HEAD + 2 * i, true);
      probabilities[r * width + i] = fromFloat16(view.getUint16(from + 2 * i, true));
    }
    probabilities[r * width + topK] = view.getFloat32(at + 4, true);
  }
  return { signatures, probabilities, ids };
}
