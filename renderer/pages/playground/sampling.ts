/** Settings of the answers, with what the page calls them. */
export interface Sampling {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
}

export const DEFAULT_SAMPLING: Sampling = {
  maxTokens: 256,
  temperature: 0.7,
  topK: 40,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1,
};

export interface SamplingField {
  readonly key: keyof Sampling;
  readonly label: string;
  readonly help: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
}

export const SAMPLING_FIELDS: readonly SamplingField[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    help: '0 always takes the likeliest word; higher is livelier.',
    minimum: 0,
    maximum: 2,
    step: 0.1,
  },
  {
    key: 'topP',
    label: 'Top p',
    help: 'Only the likeliest words that make up this share.',
    minimum: 0.05,
    maximum: 1,
    step: 0.05,
  },
  {
    key: 'topK',
    label: 'Top k',
    help: 'Only this many likeliest words; 0 is no limit.',
    minimum: 0,
    maximum: 200,
    step: 1,
  },
  {
    key: 'minP',
    label: 'Min p',
    help: 'Leaves out words much less likely than the likeliest.',
    minimum: 0,
    maximum: 0.9,
    step: 0.05,
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    help: 'Above 1 repeats less.',
    minimum: 1,
    maximum: 2,
    step: 0.05,
  },
  {
    key: 'maxTokens',
    label: 'Longest answer, tokens',
    help: 'The answer ends here at the latest.',
    minimum: 1,
    maximum: 4096,
    step: 1,
  },
];
