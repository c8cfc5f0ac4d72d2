/** Token ids from all over a vocabulary, for measurements and comparisons to which it does not matter what they say. */

/** @returns so many, the same at every call */
export const spreadIds = (count: number, vocabulary: number): number[] =>
  Array.from({ length: count }, (_, i) => (i * 7919 + 13) % vocabulary);
