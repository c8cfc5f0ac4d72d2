/**
 * Which prompts are read in one run: those whose lanes lie side by side, from their beginnings, filled up to the longest. A run
 * reads the weights once, so that few rows take hardly longer than one (SmolLM2 in 4 bits: 12 rows 15 ms, 96 rows 45).
 */
import { isPrompt } from '../decoding-session.ts';

export interface Unread {
  readonly lane: number;
  /** Tokens of the prompt that the lane holds already. */
  readonly held: number;
  /** Those that are to be read. */
  readonly unread: number;
}

/** Rows that take at most as long as what another run takes beside its rows. */
const ROWS_OF_A_RUN = 16;

/**
 * @param room rows that the run may have, those included that are computed for nothing
 * @returns the first of those who wait, and those that are read beside it, by lane
 */
export function readTogether<T extends Unread>(waiting: readonly T[], room: number): readonly T[] {
  const [first] = waiting;
  const byLane = new Map(waiting.map((one) => [one.lane, one]));
  let chosen: readonly T[] = [first];
  for (const direction of [1, -1]) {
    for (let lane = first.lane + direction; ; lane += direction) {
      const next = byLane.get(lane);
      if (!next) break;
      const more = direction > 0 ? [...chosen, next] : [next, ...chosen];
      if (!worthwhile(more, room)) break;
      chosen = more;
    }
  }
  return chosen;
}

function worthwhile(group: readonly Unread[], room: number): boolean {
  const longest = Math.max(...group.map(({ held, unread }) => held + unread));
  const needed = group.reduce((sum, { unread }) => sum + unread, 0);
  const rows = longest * group.length;
  // Long pieces may be read with other weights than short ones (see prompt-weights.ts).
  const alike = group.every(({ unread }) => isPrompt({ length: unread }) === isPrompt({ length: longest }));
  return alike && rows <= room && rows - needed <= ROWS_OF_A_RUN * (group.length - 1);
}
