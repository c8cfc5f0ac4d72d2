/** A text cut into the pieces that its tokens stand for. */
import type { Tokenizer } from './tokenizer.ts';

export interface TokenPiece {
  readonly id: number;
  readonly text: string;
  readonly special: boolean;
}

/** A token that ends inside a character shows as \uFFFD; the one that completes it shows the character. */
export function tokenPieces(tokenizer: Tokenizer, text: string, special: boolean): TokenPiece[] {
  const ids = tokenizer.encode(text, { special });
  const pieces: TokenPiece[] = [];
  /** Ids from here on are decoded together, so that what came long ago is not decoded again for every token. */
  let begin = 0;
  let shown = 0;
  for (const [i, id] of ids.entries()) {
    if (tokenizer.specialIds.has(id)) {
      pieces.push({ id, text: tokenizer.idToToken(id) ?? '', special: true });
      [begin, shown] = [i + 1, 0];
      continue;
    }
    const through = tokenizer.decode(ids.slice(begin, i + 1));
    if (through.endsWith('\uFFFD')) {
      pieces.push({ id, text: '\uFFFD', special: false });
      continue;
    }
    pieces.push({ id, text: through.slice(shown), special: false });
    shown = through.length;
    // One token of context keeps the space that a decoder strips from the very first.
    if (i - begin >= WINDOW) {
      begin = i;
      shown = tokenizer.decode([id]).length;
    }
  }
  return pieces;
}

const WINDOW = 16;
