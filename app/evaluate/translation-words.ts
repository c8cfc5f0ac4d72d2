/** How sacrebleu cuts texts: the tokens of BLEU (mteval-v13a) and the characters and words of chrF. */

/** What Python's `str.split()` splits at: JavaScript's `\s` differs in a few characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators of ASCII are spaces to Python
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

export const splitAtSpaces = (text: string): string[] => text.split(SPACES).filter((word) => word !== '');

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
];

/** The tokenizer "13a" of sacrebleu, which is that of the WMT campaigns' mteval-v13a.pl. */
export function tokens13a(text: string): string[] {
  let line = text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  return splitAtSpaces(
    ` ${line} `
      // Punctuation but for full stops, commas and hyphens.
      .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
      // Full stops and commas that do not stand between digits, and hyphens after a digit.
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])(-)/g, '$1 $2 '),
  );
}

const PUNCTUATION = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');

/** Words with a punctuation mark at their end, or else at their beginning, cut off (chrF++). */
export function wordsOf(text: string): string[] {
  return splitAtSpaces(text).flatMap((word) => {
    const characters = [...word];
    if (characters.length === 1) return [word];
    if (PUNCTUATION.has(characters.at(-1)!)) return [characters.slice(0, -1).join(''), characters.at(-1)!];
    if (PUNCTUATION.has(characters[0])) return [characters[0], characters.slice(1).join('')];
    return [word];
  });
}

/** How often each run of `length` tokens occurs. */
export function countRuns(tokens: readonly string[], length: number, joined = ' '): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + length <= tokens.length; at++) {
    const run = tokens.slice(at, at + length).join(joined);
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}
