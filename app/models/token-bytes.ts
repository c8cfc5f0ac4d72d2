/** What each token adds to a text, in bytes: tokens may end inside a character, so text alone cannot say it. */
import type { Tokenizer } from './tokenizer.ts';
import { appendTokenBytes } from './tokenizers/byte-level.ts';

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/;
const encoder = new TextEncoder();

/** Gives the bytes of a token in the middle of a text; none for special tokens and unknown ids. */
export function tokenBytes(tokenizer: Tokenizer): (id: number) => Uint8Array {
  const space = tokenizer.tokenToId('\u0120');
  const byteLevel = space !== undefined && tokenizer.decode([space]) === ' ';
  const fallback = tokenizer.tokenToId('<0x41>');
  const byteTokens = fallback !== undefined && tokenizer.decode([fallback]) === 'A';
  // Some decoders treat the first token in a way of its own, so it must have one before it.
  const before = tokenizer.encode('a')[0];
  const shown = tokenizer.decode([before]);
  return (id) => {
    const token = tokenizer.idToToken(id);
    if (token === undefined || tokenizer.specialIds.has(id)) return new Uint8Array();
    if (byteLevel) {
      const bytes: number[] = [];
      appendTokenBytes(token, bytes);
      return Uint8Array.from(bytes);
    }
    const byte = byteTokens ? BYTE.exec(token) : null;
    if (byte) return Uint8Array.of(Number.parseInt(byte[1], 16));
    const both = tokenizer.decode([before, id]);
    return encoder.encode(both.startsWith(shown) ? both.slice(shown.length) : tokenizer.decode([id]));
  };
}
