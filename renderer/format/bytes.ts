/** Sizes in decimal units, as disks and downloads are sold: 271 MB, 1.3 GB. */

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;
export type ByteUnit = (typeof UNITS)[number];

const parted = new Intl.NumberFormat('en');

/** Value and unit apart, for a big number with a small unit. */
export function bytesParts(value: number): { readonly value: string; readonly unit: ByteUnit } {
  let scaled = value;
  let step = 0;
  while (scaled >= 999.5 && step < UNITS.length - 1) {
    scaled /= 1000;
    step++;
  }
  const text =
    step === 0 || scaled >= 99.5 || step === 1
      ? Math.round(scaled).toString()
      : trim(scaled.toPrecision(scaled < 9.95 ? 2 : 3));
  return { value: text, unit: UNITS[step] };
}

const trim = (text: string): string => text.replace(/\.0$/, '');

export function bytes(value: number): string {
  const parts = bytesParts(value);
  return `${parts.value} ${parts.unit}`;
}

/** In one given unit, for a table whose head names it. */
export function bytesIn(value: number, unit: ByteUnit): string {
  const scaled = value / 1000 ** UNITS.indexOf(unit);
  if (scaled > 0 && scaled < 0.05) return '<0.1';
  return scaled >= 99.95 ? parted.format(Math.round(scaled)) : scaled.toFixed(1);
}

export const exactBytes = (value: number): string => `${parted.format(value)} bytes`;
