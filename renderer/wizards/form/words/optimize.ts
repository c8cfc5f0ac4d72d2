/** Words of speeding up. */
import type { TechniqueWords } from './field-words.ts';

export const optimize: TechniqueWords = {
  goal: {
    choices: { latency: 'One answer soonest', throughput: 'Most tokens of many requests', memory: 'Least memory' },
    common: true,
  },
  budget: { label: 'Time for trying', unit: 'seconds', common: true },
  promptTokens: {
    label: 'Length of prompts',
    unit: 'tokens',
    help: 'What answers begin with here: reading it counts, so that long prompts have other best ways.',
    common: true,
  },
  allowQuantized: {
    label: 'Smaller formats too',
    help: 'Also float16, int8 and int4 weights (a new model), prompts in int8 and an int8 cache: answers change, by how much is said.',
    common: true,
  },
  maxDivergence: {
    label: 'Answers may differ by',
    unit: 'nats a token',
    help: 'Tries smaller formats, and refuses those that differ more. 0.01 is hardly seen, 0.1 is.',
    common: true,
  },
};
