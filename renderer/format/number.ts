/** Numbers for people: three digits that matter, thousands parted, big counts with a letter. */

const parted = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const exactly = new Intl.NumberFormat('en', { maximumFractionDigits: 6 });

/** 1,234,567 or 0.123457: what a hover shows. */
export const exactNumber = (value: number): string => exactly.format(value);

/** Three significant digits, never an exponent between 0.0001 and a billion: 64.2, 1,130, 0.052. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return parted.format(value);
  if (size < 0.0001) return value.toExponential(1);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(size)));
  const text = value.toFixed(digits);
  return size < 1 ? text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : text;
}

const LETTERS = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

/** Of an axis: as short as it can be without losing a digit. */
export const tickText = (value: number): string =>
  value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6) ? compactOrExponent(value) : exactly.format(value);

const compactOrExponent = (value: number): string =>
  Math.abs(value) < 1
    ? value.toExponential(1).replace('.0e', 'e')
    : `${value < 0 ? '−' : ''}${compactCount(Math.abs(value))}`;

/** 134.5M, 1.7B, 512: for parameters, tokens and rows. */
export function compactCount(value: number): string {
  for (const [size, letter] of LETTERS) {
    if (value < size * 0.9995) continue;
    const scaled = value / size;
    return (
      `${scaled >= 99.95 ? scaled.toFixed(scaled < 999.5 && size > 1e3 ? 1 : 0) : scaled.toFixed(1)}`.replace(
        /\.0$/,
        '',
      ) + letter
    );
  }
  return parted.format(value);
}

/** "1 chat", "5,210 chats". */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${parted.format(value)} ${value === 1 ? one : many}`;

/** 0.614 -> "61%"; small shares keep a digit. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value !== 0 && Math.abs(value) < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)}%`;
}

/** 0.6143 -> "61.4%": shares that are held beside each other. */
export const percentToTenth = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** "5.9×"; the ratio is always at least as it is: 0.5 -> "0.5×". */
export const times = (ratio: number): string => `${ratio >= 9.95 ? Math.round(ratio) : ratio.toFixed(1)}×`;

/** What became of a value: "+5.6%"; beyond a half or the double "3.1× higher", "211× lower". */
export function changeWords(ratio: number): string {
  if (!Number.isFinite(ratio) || ratio <= 0) return 'n/a';
  if (ratio > 2) return `${times(ratio)} higher`;
  return ratio < 0.5 ? `${times(1 / ratio)} lower` : signedPercent(ratio - 1);
}

/** "+5.6%", "−1.2%", "±0%". */
export function signedPercent(share: number): string {
  const value = share * 100;
  const text = Math.abs(value) < 9.95 ? Math.abs(value).toFixed(1) : Math.round(Math.abs(value)).toString();
  if (Number(text) === 0) return '±0%';
  return `${value > 0 ? '+' : '−'}${text}%`;
}
