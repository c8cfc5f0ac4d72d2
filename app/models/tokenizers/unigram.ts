/** SentencePiece's unigram model: the split of a word with the highest sum of log-probabilities (Viterbi). */
import { arrayAt, type Configuration, idAt, invalid, textAt } from './configuration.ts';
import type { WordModel } from './model.ts';

/** How far below the worst piece an unknown character scores, as SentencePiece has it. */
const UNKNOWN_PENALTY = 10;

export function createUnigram(configuration: Configuration): WordModel {
  const vocabulary = new Map<string, number>();
  const scores: number[] = [];
  let longest = 1;
  let worst = 0;
  for (const [id, entry] of arrayAt(configuration.vocab, 'model.vocab').entries()) {
    const [piece, score] = arrayAt(entry, `model.vocab[${id}]`);
    const text = textAt(piece, `model.vocab[${id}]`);
    if (typeof score !== 'number') throw invalid(`model.vocab[${id}] has no score`);
    if (!vocabulary.has(text)) vocabulary.set(text, id);
    scores.push(score);
    worst = Math.min(worst, score);
    longest = Math.max(longest, text.length);
  }
  const unknownId = typeof configuration.unk_id === 'number' ? idAt(configuration.unk_id, 'model.unk_id') : undefined;
  const byteFallback = configuration.byte_fallback === true;
  const penalty = worst - UNKNOWN_PENALTY;

  const emit = (word: string, id: number, start: number, end: number, target: number[]): void => {
    if (byteFallback && id === unknownId) {
      const bytes = Array.from(Buffer.from(word.slice(start, end)), (byte) =>
        vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
      );
      if (bytes.every((byte) => byte !== undefined)) {
        target.push(...(bytes as number[]));
        return;
      }
    }
    target.push(id);
  };

  return {
    vocabulary,
    unknownId,
    encode(word, target) {
      const length = word.length;
      const best = new Float64Array(length + 1).fill(-Infinity);
      const from = new Int32Array(length + 1).fill(-1);
      const ids = new Int32Array(length + 1);
      best[0] = 0;
      for (let start = 0; start < length; ) {
        const size = word.codePointAt(start)! > 0xffff ? 2 : 1;
        let single = false;
        for (let end = start + size; end <= Math.min(length, start + longest); end += 1) {
          const id = vocabulary.get(word.slice(start, end));
          if (id === undefined) continue;
          if (end === start + size) single = true;
          if (best[start] + scores[id] > best[end]) {
            best[end] = best[start] + scores[id];
            from[end] = start;
            ids[end] = id;
          }
        }
        if (!single && unknownId !== undefined && best[start] + penalty > best[start + size]) {
          best[start + size] = best[start] + penalty;
          from[start + size] = start;
          ids[start + size] = unknownId;
        }
        start += size;
      }
      const spans: [number, number, number][] = [];
      for (let end = length; end > 0; end = from[end]) {
        if (from[end] < 0) throw invalid('a character is in no piece and the model has no unknown token');
        const last = spans.at(-1);
        // Neighbouring unknown characters become one unknown token.
        if (last && ids[end] === unknownId && last[0] === unknownId) last[1] = from[end];
        else spans.push([ids[end], from[end], end]);
      }
      for (const [id, start, end] of spans.reverse()) emit(word, id, start, end, target);
    },
  };
}
