/** Unicode classes as the Rust tokenizers library has them, where JavaScript's shorthands differ. */

/** JavaScript's \s adds U+FEFF and lacks U+0085. */
export const WHITE_SPACE = '\\p{White_Space}';

const leading = /^\p{White_Space}+/u;
const trailing = /\p{White_Space}+$/u;

export function trimStart(text: string): string {
  return text.replace(leading, '');
}

/** Written as a loop: an expression anchored at the end only is quadratic on long runs of spaces. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  return end === text.length ? text : text.slice(0, end).replace(trailing, '');
}

/** Every white-space character lies in the basic plane, so a UTF-16 unit is enough. */
export function isWhiteSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    code === 0x20 ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** One character at a time: the library has no context, so a final Σ becomes σ, never ς. */
export function lower(text: string): string {
  return text.includes('Σ') ? text.replaceAll('Σ', 'σ').toLowerCase() : text.toLowerCase();
}
