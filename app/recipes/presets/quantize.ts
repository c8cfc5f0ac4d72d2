/** By goal: a size of one's own is a setting beside them. */
import type { Preset } from '../../contract/techniques.ts';

export const quantize: readonly Preset[] = [
  { id: 'quick', title: 'Safest', summary: 'half precision, nothing lost', values: { method: 'float16' } },
  {
    id: 'balanced',
    title: 'Balanced',
    summary: '8 bits in groups of 32',
    values: { method: 'rtn', bits: 8, groupSize: 32, symmetric: true, scales: 'float16' },
  },
  {
    id: 'best',
    title: 'Smallest',
    summary: '4 bits in groups of 32, chosen on text (GPTQ)',
    values: { method: 'gptq', bits: 4, groupSize: 32, symmetric: false, scales: 'float16' },
  },
];
