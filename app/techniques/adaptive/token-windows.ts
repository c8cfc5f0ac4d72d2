/** Pieces of text of one length that exits of a decoder are trained, chosen, proved and checked on. */
import { hashText } from '../../datasets/hash.ts';

export interface WindowParts {
  readonly train: readonly Int32Array[];
  readonly tuning: readonly Int32Array[];
  readonly calibration: readonly Int32Array[];
  readonly test: readonly Int32Array[];
}

/** Longer pieces of sequences, cut; what is left over is a window of its own where it is not too short to say anything. */
export function cutWindows(sequences: Iterable<ArrayLike<number>>, length: number): Int32Array[] {
  const windows: Int32Array[] = [];
  for (const sequence of sequences) {
    const whole = Int32Array.from(sequence);
    for (let at = 0; at < whole.length; at += length) {
      const window = whole.slice(at, at + length);
      if (window.length >= length / 4) windows.push(window);
    }
  }
  return windows;
}

/**
 * Equal windows are in one part. Training gets what the other parts leave, at most `trainTokens`.
 * @param shares of all windows
 */
export function splitWindows(
  windows: readonly Int32Array[],
  shares: { readonly tuning: number; readonly calibration: number; readonly heldOut: number; readonly seed: number },
): WindowParts {
  const places = windows
    .map((window) => ({ window, place: hashText(window.join(), Math.imul(shares.seed + 1, 0x9e3779b1)) }))
    .sort((a, b) => a.place - b.place);
  const parts = { test: [], calibration: [], tuning: [], train: [] } as Record<keyof WindowParts, Int32Array[]>;
  const count = (share: number) => Math.round(share * windows.length);
  const wanted = { test: count(shares.heldOut), calibration: count(shares.calibration), tuning: count(shares.tuning) };
  let last: { place: number; part: keyof WindowParts } | undefined;
  for (const { window, place } of places) {
    const open = (['test', 'calibration', 'tuning'] as const).find((part) => parts[part].length < wanted[part]);
    const part = last?.place === place ? last.part : (open ?? 'train');
    parts[part].push(window);
    last = { place, part };
  }
  return parts;
}
