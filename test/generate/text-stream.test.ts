/** Text comes in whole characters, and a stop string never shows, however tokens cut it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { piecesOf, TextStream } from '../../app/generate/text-stream.ts';
import { STARTER } from '../../app/models/library.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';

const tokenizer = await loadTokenizer(STARTER);

function streamed(text: string, stops: readonly string[] = []) {
  const stream = new TextStream(tokenizer, stops);
  const pieces: string[] = [];
  for (const id of tokenizer.encode(text)) {
    pieces.push(stream.push(id));
    if (stream.stopped) break;
  }
  pieces.push(stream.finish());
  return { pieces, text: pieces.join(''), stream };
}

it('gives the same text as decoding everything at once, in whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const whole = tokenizer.decode(tokenizer.encode(text), { skipSpecial: true });
      const { pieces, text: joined } = streamed(text);
      expect(joined).toBe(whole);
      if (!whole.includes('\uFFFD')) expect(pieces.some((piece) => piece.includes('\uFFFD'))).toBe(false);
    }),
    { numRuns: 200 },
  );
});

it('holds an emoji back until its bytes are all there', () => {
  const { pieces } = streamed('go 🐳!');
  expect(tokenizer.encode('🐳').length).toBeGreaterThan(1);
  expect(pieces.filter((piece) => piece.includes('🐳')).length).toBe(1);
});

it('gives a character of several tokens to the token that completes it', () => {
  const ids = tokenizer.encode('go 🐳!');
  const pieces = piecesOf(tokenizer, ids);
  expect(pieces).toHaveLength(ids.length);
  expect(pieces.join('')).toBe('go 🐳!');
});

it('ends before the first stop string and never shows a part of it', () => {
  const words = fc.array(fc.constantFrom('a', 'b', ' ', 'STOP', 'ST', 'OP', '\n'), { maxLength: 30 });
  fc.assert(
    fc.property(words, (parts) => {
      const text = tokenizer.decode(tokenizer.encode(parts.join('')));
      const places = ['STOP', '\n\n'].map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
      const { text: shown, stream } = streamed(text, ['STOP', '\n\n', '']);
      expect(shown).toBe(places.length > 0 ? text.slice(0, Math.min(...places)) : text);
      expect(stream.text).toBe(shown);
      expect(stream.stopped).toBe(places.length > 0);
    }),
    { numRuns: 200 },
  );
});

it('copes with ten thousand stop strings', () => {
  const stops = Array.from({ length: 10_000 }, (_, i) => `never ${i}`);
  expect(streamed('never say never 9999 again', stops).text).toBe('never say ');
});
