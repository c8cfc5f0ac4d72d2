/**
 * A batch without padding: all tokens behind one another for the layers, and a small grid of rows, as long as the longest
 * example, for attention alone.
 */
import { float32, int64 } from '../../tensor/tensor.ts';
import { type Batch, type BatchRow, IGNORED } from './batch.ts';

interface Segment {
  readonly ids: number[];
  readonly labels: number[];
  readonly positions: number[];
  readonly example: number | undefined;
}

/** The examples of a row, without its padding. */
function* segmentsOf(row: BatchRow): Generator<Segment> {
  let current: Segment | undefined;
  let before: number | undefined;
  for (let t = 0; t < row.ids.length; t++) {
    const segment = row.segments?.[t] ?? 1;
    if (segment !== before) {
      if (current && current.ids.length > 0) yield current;
      current = { ids: [], labels: [], positions: [], example: row.examples?.[t] };
      before = segment;
    }
    if (segment === 0) continue;
    current!.ids.push(row.ids[t]);
    current!.labels.push(row.labels[t]);
    current!.positions.push(row.positions?.[t] ?? t);
  }
  if (current && current.ids.length > 0) yield current;
}

/** Rows of `length` slots, the longest examples first, each into the first row with room. */
function arrange(segments: readonly Segment[], length: number): Segment[][] {
  const rows: { room: number; segments: Segment[] }[] = [];
  for (const segment of [...segments].sort((a, b) => b.ids.length - a.ids.length)) {
    let row = rows.find(({ room }) => room >= segment.ids.length);
    if (!row) rows.push((row = { room: length, segments: [] }));
    row.segments.push(segment);
    row.room -= segment.ids.length;
  }
  return rows.map((row) => row.segments);
}

/**
 * The same as `makeBatch` for a training graph that is `unpadded`: input_ids [tokens]; position_ids, segment_ids
 * [batch, length] of the grid; slots [batch*length], the token in each slot of the grid (any for an empty one); places [tokens],
 * the slot of each token; filled [batch*length, 1]; rows and targets as there.
 */
export function makeUnpaddedBatch(given: readonly BatchRow[]): Batch {
  const segments = given.flatMap((row) => [...segmentsOf(row)]);
  const length = Math.max(1, ...segments.map(({ ids }) => ids.length));
  const grid = arrange(segments, length);
  const size = Math.max(1, grid.length) * length;
  const slots = new Array<number>(size).fill(0);
  const filled = new Float32Array(size);
  const positions = new Array<number>(size).fill(0);
  const marks = new Array<number>(size).fill(0);
  const ids: number[] = [];
  const places: number[] = [];
  const supervised: number[] = [];
  const targets: number[] = [];
  const origins = { examples: [] as number[], positions: [] as number[] };
  grid.forEach((row, r) => {
    let slot = r * length;
    row.forEach((segment, s) => {
      segment.ids.forEach((id, t) => {
        const token = ids.push(id) - 1;
        places.push(slot);
        if (segment.example !== undefined) origins.examples.push(segment.example);
        origins.positions.push(segment.positions[t]);
        slots[slot] = token;
        filled[slot] = 1;
        positions[slot] = segment.positions[t];
        marks[slot] = s + 1;
        slot += 1;
        const next = segment.labels[t + 1];
        if (next === undefined || next === IGNORED) return;
        supervised.push(token);
        targets.push(next);
      });
    });
  });
  const shape = [Math.max(1, grid.length), length];
  return {
    inputs: {
      input_ids: int64([ids.length], ids),
      position_ids: int64(shape, positions),
      segment_ids: int64(shape, marks),
      slots: int64([size], slots),
      places: int64([places.length], places),
      filled: float32([size, 1], filled),
      rows: int64([supervised.length], supervised),
      targets: int64([targets.length], targets),
    },
    supervised: targets.length,
    tokens: ids.length,
    ...(origins.examples.length === ids.length
      ? { origins: { examples: Int32Array.from(origins.examples), positions: Int32Array.from(origins.positions) } }
      : {}),
  };
}
