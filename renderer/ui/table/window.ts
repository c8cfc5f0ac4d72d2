/** Which rows of a long table are to be drawn. Beyond a browser's tallest element the scroll bar is scaled. */

/** Browsers give up on elements beyond some 17 to 33 million pixels. */
export const TALLEST_PX = 12_000_000;
const SPARE_ROWS = 4;

export interface RowWindow {
  /** Height of what is scrolled. */
  readonly height: number;
  readonly first: number;
  readonly count: number;
  /** Where the first drawn row stands, pixels from the top of what is scrolled. */
  readonly top: number;
}

export interface Scrolled {
  readonly scrollTop: number;
  readonly viewHeight: number;
  readonly total: number;
  readonly rowHeight: number;
}

export function rowWindow({ scrollTop, viewHeight, total, rowHeight }: Scrolled): RowWindow {
  const full = total * rowHeight;
  const height = Math.min(full, TALLEST_PX);
  const reach = Math.max(0, height - viewHeight);
  const at = Math.min(Math.max(0, scrollTop), reach);
  // Position in the unscaled table: the end of the bar is the end of the table.
  const position = full === height ? at : reach === 0 ? 0 : (at / reach) * (full - viewHeight);
  const first = Math.max(0, Math.floor(position / rowHeight) - SPARE_ROWS);
  const last = Math.min(total, Math.ceil((position + viewHeight) / rowHeight) + SPARE_ROWS);
  return { height, first, count: Math.max(0, last - first), top: at - (position - first * rowHeight) };
}

/** Where to scroll so that the row is seen; the present place if it is already. */
export function scrollFor(row: number, { scrollTop, viewHeight, total, rowHeight }: Scrolled): number {
  const full = total * rowHeight;
  const height = Math.min(full, TALLEST_PX);
  const reach = Math.max(0, height - viewHeight);
  const scale = full === height ? 1 : reach / (full - viewHeight);
  const position = scrollTop / scale;
  const start = row * rowHeight;
  if (start < position) return start * scale;
  if (start + rowHeight > position + viewHeight) return (start + rowHeight - viewHeight) * scale;
  return scrollTop;
}
