/** Words of measuring. */
import type { TechniqueWords } from './field-words.ts';

export const profile: TechniqueWords = {
  contexts: {
    label: 'Context lengths',
    unit: 'tokens',
    help: 'Tokens already in the conversation when speed is taken.',
    common: true,
  },
  device: { help: 'Its answers are compared with the processor’s first.' },
  repeat: { label: 'Repeats', unit: 'times', help: 'The median is given, with its spread.', common: true },
};
