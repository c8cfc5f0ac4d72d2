/** Sizes in words: 92MB, 1.5 GiB. */

/** A number and a unit of bytes. */
export const TARGET_SIZE = /^\d+(\.\d+)?\s*[kMG]i?B$/;

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, kiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** "92MB" in bytes. */
export function bytesOfSize(size: string): number {
  const [, number, unit] = /^([\d.]+)\s*(\w+)$/.exec(size)!;
  return Math.floor(Number(number) * UNITS[unit]);
}
