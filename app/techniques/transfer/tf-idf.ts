/**
 * Texts as the words and pairs of words in them, weighted by how rare they are: the features of scikit-learn's
 * TfidfVectorizer (ngram_range (1, 2), sublinear_tf, min_df 2) with L2-normed rows.
 */

/** Most frequent terms that are kept. */
const MOST_TERMS = 200_000;

export interface SparseRow {
  readonly terms: Int32Array;
  readonly values: Float64Array;
}

/** Words of at least two characters, and pairs of neighbours. */
function termsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of termsOf(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

export class TfIdf {
  readonly #ids = new Map<string, number>();
  readonly #idf: Float64Array;

  constructor(texts: readonly string[]) {
    const documents = new Map<string, number>();
    for (const text of texts)
      for (const term of countTerms(text).keys()) documents.set(term, (documents.get(term) ?? 0) + 1);
    const kept = [...documents].filter(([, n]) => n >= 2).sort(([, a], [, b]) => b - a);
    const used = kept.slice(0, MOST_TERMS);
    for (const [id, [term]] of used.entries()) this.#ids.set(term, id);
    this.#idf = Float64Array.from(used, ([, n]) => Math.log((1 + texts.length) / (1 + n)) + 1);
  }

  get size(): number {
    return this.#idf.length;
  }

  row(text: string): SparseRow {
    const entries: [number, number][] = [];
    for (const [term, count] of countTerms(text)) {
      const id = this.#ids.get(term);
      if (id !== undefined) entries.push([id, (1 + Math.log(count)) * this.#idf[id]]);
    }
    const norm = Math.sqrt(entries.reduce((sum, [, v]) => sum + v * v, 0)) || 1;
    return { terms: Int32Array.from(entries, ([id]) => id), values: Float64Array.from(entries, ([, v]) => v / norm) };
  }
}
