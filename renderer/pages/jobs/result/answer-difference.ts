/** How two answers to one prompt differ: the words to mark, and whether it is the same, reworded or another answer. */

export interface Piece {
  readonly text: string;
  readonly changed: boolean;
}
export interface AnswerDifference {
  readonly before: readonly Piece[];
  readonly after: readonly Piece[];
  readonly kind: 'same' | 'reworded' | 'different';
}

/** Words with the spaces that follow them, so that joined pieces give the text back. */
const words = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? [];

/** Longest answers that are aligned word by word; longer ones are compared up to here. */
const LIMIT = 400;

export function compareAnswers(before: string, after: string): AnswerDifference {
  const [a, b] = [words(before), words(after)];
  const [left, right] = [a.slice(0, LIMIT), b.slice(0, LIMIT)];
  const same = commonWords(left, right);
  const kept = same.length / Math.max(1, Math.max(left.length, right.length));
  const kind = before.trim() === after.trim() ? 'same' : kept >= 0.5 ? 'reworded' : 'different';
  if (kind === 'different') return { kind, before: plain(before), after: plain(after) };
  return {
    kind,
    before: [...marked(left, new Set(same.map(([i]) => i))), ...plain(a.slice(LIMIT).join(''))],
    after: [...marked(right, new Set(same.map(([, j]) => j))), ...plain(b.slice(LIMIT).join(''))],
  };
}

const plain = (text: string): Piece[] => (text === '' ? [] : [{ text, changed: false }]);

/** Longest common subsequence, as pairs of positions. */
function commonWords(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i * width + j] =
        a[i].trim() === b[j].trim()
          ? best[(i + 1) * width + j + 1] + 1
          : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i].trim() === b[j].trim()) pairs.push([i++, j++]);
    else if (best[(i + 1) * width + j] >= best[i * width + j + 1]) i++;
    else j++;
  }
  return pairs;
}

function marked(all: readonly string[], common: ReadonlySet<number>): Piece[] {
  const pieces: { text: string; changed: boolean }[] = [];
  all.forEach((text, i) => {
    const changed = !common.has(i);
    const last = pieces.at(-1);
    if (last && last.changed === changed) last.text += text;
    else pieces.push({ text, changed });
  });
  return pieces;
}
