/**
 * Words for people beside what the schema says: unit, a plainer label or help, names of choices, and whether a setting
 * belongs to the few that most people change. A setting without an entry is drawn from its schema alone.
 */
export interface FieldWords {
  readonly label?: string;
  readonly help?: string;
  readonly unit?: string;
  readonly common?: boolean;
  readonly choices?: Readonly<Record<string, string>>;
}

const finetune: Readonly<Record<string, FieldWords>> = {
  method: {
    choices: { lora: 'LoRA adapters', full: 'All weights', qlora: 'QLoRA, 4-bit base', dora: 'DoRA adapters' },
    common: true,
  },
  rank: { label: 'Adapter rank', help: 'Room to learn. Higher learns more and costs more.', common: true },
  alpha: { label: 'Adapter alpha', help: 'How loud the adapters are: they count alpha / rank times.' },
  dropout: { label: 'Adapter dropout', unit: 'share' },
  targets: { label: 'Layers to adapt', help: 'Which weights get an adapter, by the end of their names.' },
  rslora: { label: 'Rank-stabilised scale' },
  steps: { label: 'Steps', unit: 'steps', common: true },
  epochs: { label: 'Epochs', unit: 'passes', common: true },
  batchSize: { unit: 'rows', help: 'Rows per step. Larger is steadier and needs more memory.', common: true },
  accumulate: { label: 'Accumulate', unit: 'batches', help: 'Batches per step: steadier without more memory.' },
  maxLength: {
    label: 'Sequence length',
    unit: 'tokens',
    help: 'The longest text it sees in one piece; the rest is cut.',
    common: true,
  },
  learningRate: { help: 'Step size. Too high forgets, too low learns nothing.', common: true },
  schedule: { label: 'Learning-rate schedule' },
  warmupSteps: { label: 'Warm-up', unit: 'steps' },
  maxGradNorm: { label: 'Gradient limit', help: 'Largest overall gradient; 0 is no limit.' },
  optimizer: { choices: { adamw: 'AdamW', adafactor: 'Adafactor', sgd: 'SGD' } },
  adapter: { label: 'Start from adapter' },
  packing: { label: 'Pack short rows together' },
  checkpointing: { label: 'Save memory', help: 'Keeps less for the backward pass and computes it again: slower.' },
  checkpointMinutes: { label: 'Checkpoint every', unit: 'minutes' },
  checkpointSteps: { label: 'Checkpoint every', unit: 'steps' },
  heldOut: { label: 'Kept apart for measuring', unit: 'share' },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};

const quantize: Readonly<Record<string, FieldWords>> = {
  method: {
    choices: { rtn: 'Round to nearest', dynamic: 'Dynamic int8', float16: 'Half precision', gptq: 'GPTQ', awq: 'AWQ' },
    common: true,
  },
  bits: { help: 'Fewer bits: smaller, less exact.', unit: 'bits', common: true },
  groupSize: {
    unit: 'weights',
    help: 'Weights that share a scale. Smaller groups: more exact, larger file.',
    common: true,
  },
  symmetric: { label: 'Symmetric', common: true },
  embeddingBits: { label: 'Embedding bits', unit: 'bits', common: true },
  headBits: { label: 'Head bits', unit: 'bits' },
  accuracyLevel: { label: 'Activations', choices: { '1': 'Float32, exact', '4': 'Int8, faster' } },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};

const profile: Readonly<Record<string, FieldWords>> = {
  contexts: {
    label: 'Context lengths',
    unit: 'tokens',
    help: 'Tokens already in the conversation when speed is taken.',
    common: true,
  },
  repeat: { label: 'Repeats', unit: 'times', help: 'The median is given, with its spread.', common: true },
};

const exporting: Readonly<Record<string, FieldWords>> = {
  target: { choices: { onnx: 'ONNX', safetensors: 'safetensors', gguf: 'GGUF' }, common: true },
  type: {
    label: 'GGUF weights',
    choices: { f16: 'f16, exact', q8_0: 'q8_0, half the size', q4_k: 'q4_k, best small one', q2_k: 'q2_k, smallest' },
    common: true,
  },
};

/** By technique; `*` holds for all. */
export const WORDS: Readonly<Record<string, Readonly<Record<string, FieldWords>>>> = {
  '*': { seed: { help: 'The same seed gives the same result.' }, threads: { unit: 'threads' } },
  finetune,
  quantize,
  profile,
  export: exporting,
};
