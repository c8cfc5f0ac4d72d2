/**
 * Checks Parquet's run-length encoding before `hyparquet` decodes it: a damaged run of two thousand million values would
 * otherwise fill the memory (Parquet format, "RLE/bit-packing hybrid").
 */

/**
 * Walks the runs in bytes[start, end) of values of `width` bits until `count` values are seen; without `all`, or until the
 * bytes end (how many values are there is known only when the nulls have been counted).
 * @throws Error when a run leaves the bytes or has more values than are missing
 */
export function checkRuns(
  bytes: Uint8Array,
  range: readonly [number, number],
  width: number,
  count: number,
  all = true,
) {
  const [start, end] = range;
  if (!(start >= 0 && end <= bytes.length && width <= 32)) throw new Error('a page leaves its bounds');
  let at = start;
  for (let seen = 0; seen < count && (all || at < end); ) {
    let header = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      if (at >= end || shift > 28) throw new Error('a run of values is damaged');
      const byte = bytes[at++];
      header += (byte & 0x7f) * 2 ** shift;
      more = byte >= 0x80;
    }
    const packed = header % 2 === 1;
    const values = Math.floor(header / 2) * (packed ? 8 : 1);
    at += packed ? (values / 8) * width : Math.ceil(width / 8);
    seen += values;
    // Packed runs are padded, to a multiple of 8 and by some writers of 512, and the padding may lack its bytes.
    const ends = at <= end || (packed && (seen >= count || !all));
    if (seen > count + (packed ? 512 : 0) || !ends) throw new Error('a run of values is longer than its page');
  }
}
