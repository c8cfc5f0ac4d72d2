/** The instruction sets that matter for models, in words people search for; the rest is for the hover. */

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^amx/, 'AMX'],
  [/^avx512(?!_?(vnni|bf16|fp16))/, 'AVX-512'],
  [/^avx512_?vnni$|^avx_?vnni$/, 'VNNI'],
  [/bf16$/, 'BF16'],
  [/fp16$|^f16c$/, 'FP16'],
  [/^avx2$/, 'AVX2'],
  [/^fma$/, 'FMA'],
  [/^(neon|asimd)$/, 'NEON'],
  [/^asimddp$|^dotprod$/, 'Dot product'],
  [/^i8mm$/, 'I8MM'],
  [/^sve2?$/, 'SVE'],
];

export const featureWords = (features: readonly string[]): string =>
  WORDS.filter(([pattern]) => features.some((feature) => pattern.test(feature.toLowerCase())))
    .map(([, word]) => word)
    .join(', ');
