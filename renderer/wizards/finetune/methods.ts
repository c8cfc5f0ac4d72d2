/** The ways to fine-tune in the user's words, in groups, and what choosing one changes in the settings. Pure. */
import type { Options } from '../form/values.ts';

export interface Method {
  readonly value: string;
  readonly title: string;
  readonly words: string;
}

export interface MethodGroup {
  readonly group: string;
  readonly words: string;
  readonly methods: readonly Method[];
}

export const METHODS: readonly MethodGroup[] = [
  {
    group: 'Adapters',
    words: 'a small addition learns, the model stays as it is',
    methods: [
      { value: 'lora', title: 'LoRA', words: 'Fast and light: right for most data' },
      { value: 'dora', title: 'DoRA', words: 'Often a little closer to training everything, a little slower' },
      {
        value: 'qlora',
        title: 'LoRA on a 4-bit base',
        words: 'About half the memory, for models that would not fit (QLoRA)',
      },
    ],
  },
  {
    group: 'Weights',
    words: 'the model itself learns',
    methods: [
      { value: 'freeze', title: 'Some weights', words: 'The last layers, the tables of words, or the norms' },
      { value: 'full', title: 'All weights', words: 'The most room to learn, and four times their memory' },
    ],
  },
];

export const GOALS: readonly Method[] = [
  { value: 'likelihood', title: 'The answers', words: 'To write what the data answers' },
  { value: 'dpo', title: 'Preferences (DPO)', words: 'Which of two answers is better, staying close to what it was' },
  { value: 'orpo', title: 'Preferences (ORPO)', words: 'The better answer and to avoid the worse, in one go' },
];

/** Settings that have a card of their own. */
export const ASKED_APART: readonly string[] = ['method', 'objective', 'trainParts', 'lastLayers'];

export const methodOf = (options: Options): string => String(options.method ?? 'lora');
export const goalOf = (options: Options): string => String(options.objective ?? 'likelihood');
export const isPreference = (options: Options): boolean => goalOf(options) !== 'likelihood';

const groupOf = (method: string) => METHODS.find(({ methods }) => methods.some(({ value }) => value === method));

/** A learning rate that was right for adapters is far too high for the weights themselves: it goes back to the method's own. */
export function withMethod(options: Options, method: string): Options {
  const { learningRate, ...rest } = options;
  const same = groupOf(method) === groupOf(methodOf(options));
  return { ...rest, ...(same && learningRate !== undefined ? { learningRate } : {}), method };
}

/** The same for preferences, which want a lower one. */
export function withGoal(options: Options, objective: string): Options {
  const { learningRate, ...rest } = options;
  const same = (objective !== 'likelihood') === isPreference(options);
  return { ...rest, ...(same && learningRate !== undefined ? { learningRate } : {}), objective };
}
