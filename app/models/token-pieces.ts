/** A text cut into the pieces that its tokens stand for. */
import type { Tokenizer } from './tokenizer.ts';

export interface TokenPiece {
  readonly id: number;
  readonly text: string;
  readonly special: boolean;
}

/** Pieces joined are what the tokens decode to; bytes in the middle of a character wait for the token that ends it. */
export function tokenPieces(tokenizer: Tokenizer, text: string, special: boolean): TokenPiece[] {
  const ids = tokenizer.encode(text, { special });
  const pieces: TokenPiece[] = [];
  let shown = 0;
  // Decoding a window is enough: what came longer ago no longer changes the text of the next token.
  const WINDOW = 16;
  for (const [i, id] of ids.entries()) {
    if (tokenizer.specialIds.has(id)) {
      pieces.push({ id, text: tokenizer.idToToken(id) ?? '', special: true });
      shown = i + 1;
      continue;
    }
    const begin = Math.max(shown, i - WINDOW);
    const before = tokenizer.decode(ids.slice(begin, i));
    const through = tokenizer.decode(ids.slice(begin, i + 1));
    const complete = through.startsWith(before);
    pieces.push({ id, text: complete ? through.slice(before.length) : '\uFFFD', special: false });
  }
  return pieces;
}
