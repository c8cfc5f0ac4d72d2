/** SentencePiece's compiled character map: a double-array trie from UTF-8 prefixes to their replacements. */
import { invalid } from './configuration.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** `charsmap`: base64 of [uint32 trie bytes][trie][replacements, each ended by a zero byte]. */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const bytes = Buffer.from(charsmap, 'base64');
  if (bytes.length < 4) throw invalid('the compiled character map is too short');
  const trieBytes = bytes.readUInt32LE(0);
  if (trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) throw invalid('the compiled character map is cut off');
  const trie = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < trie.length; i += 1) trie[i] = bytes.readUInt32LE(4 + 4 * i);
  const replacements = bytes.subarray(4 + trieBytes);
  const lookUp = (chunk: string): string | undefined => {
    const at = firstMatch(trie, encoder.encode(chunk));
    if (at === undefined || at >= replacements.length) return undefined;
    const end = replacements.indexOf(0, at);
    return decoder.decode(replacements.subarray(at, end < 0 ? replacements.length : end));
  };
  return (text) => {
    let result = '';
    for (const { segment } of graphemes.segment(text)) {
      // The library tries a whole grapheme only when it is short, then its characters one by one.
      const whole = Buffer.byteLength(segment) < 6 ? lookUp(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const character of segment) result += lookUp(character) ?? character;
    }
    return result;
  };
}

/** The value of the shortest prefix of `key` in the trie (darts-clone layout), as the library takes it. */
function firstMatch(trie: Uint32Array, key: Uint8Array): number | undefined {
  const offset = (unit: number): number => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  let position = offset(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    position ^= byte;
    const unit = trie[position];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    position ^= offset(unit);
    if ((unit >>> 8) & 1) return (trie[position] ?? 0) & 0x7fffffff;
  }
  return undefined;
}
