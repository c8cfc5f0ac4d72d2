/** How long ways of running are tried, and whether answers may change. */
import type { Preset } from '../../contract/techniques.ts';

export const optimize: readonly Preset[] = [
  {
    id: 'quick',
    title: 'Quick',
    summary: 'half a minute, same answers',
    values: { budget: 30, allowQuantized: false },
  },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: 'two minutes, same answers',
    values: { budget: 120, allowQuantized: false },
  },
  {
    id: 'best',
    title: 'Everything',
    summary: 'five minutes, int8 and int4 too',
    values: { budget: 300, allowQuantized: true },
  },
];
