/** How strongly a token is tinted. */

/** From how likely on a token counts as sure, as half sure and as hardly sure. */
const STEPS = [0.8, 0.4, 0.1] as const;

export const levelOf = (logProbability: number): number => {
  const place = STEPS.findIndex((least) => Math.exp(logProbability) >= least);
  return place < 0 ? STEPS.length : place;
};
