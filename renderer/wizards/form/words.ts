/**
 * Words for people beside what the schema says: unit, a plainer label or help, names of choices, and whether a setting
 * belongs to the few that most people change. A setting without an entry is drawn from its schema alone.
 */
export interface FieldWords {
  readonly label?: string;
  readonly help?: string;
  readonly unit?: string;
  readonly common?: boolean;
  /** What it has to do with: settings of one group stand together under this heading. */
  readonly group?: string;
  readonly choices?: Readonly<Record<string, string>>;
}

const finetune: Readonly<Record<string, FieldWords>> = {
  method: {
    help: 'Small adapters beside the model, or weights of the model itself.',
    choices: {
      lora: 'LoRA adapters',
      full: 'All weights',
      qlora: 'QLoRA, 4-bit base',
      dora: 'DoRA adapters',
      freeze: 'Some weights',
    },
    common: true,
  },
  rank: { label: 'Adapter rank', help: 'Room to learn. Higher learns more and costs more.', common: true },
  alpha: { label: 'Adapter alpha', help: 'How loud the adapters are: they count alpha / rank times.' },
  dropout: { label: 'Adapter dropout', unit: 'share' },
  targets: { label: 'Layers to adapt', help: 'Which weights get an adapter, by the end of their names.' },
  ranks: { label: 'Other ranks', help: 'Layers with a rank of their own: q_proj=16, down_proj=4.' },
  alphas: { label: 'Other alphas', help: 'Layers with an alpha of their own: q_proj=32.' },
  init: { label: 'Adapters begin', choices: { zero: 'At nothing', pissa: 'PiSSA', olora: 'OLoRA' } },
  loraPlusRatio: { label: 'LoRA+ ratio', unit: 'times' },
  baseBits: { label: 'Bits of the base', unit: 'bits' },
  trainParts: {
    label: 'Weights to train',
    choices: { layers: 'The last layers', embeddings: 'The tables of tokens', norms: 'The norms' },
  },
  lastLayers: { label: 'Layers to train', unit: 'layers' },
  objective: {
    label: 'Learn by',
    choices: { likelihood: 'Writing the answers', dpo: 'Preferences (DPO)', orpo: 'Preferences (ORPO)' },
  },
  beta: { label: 'Preference beta' },
  lossOn: {
    label: 'Learn from',
    choices: { answers: 'Every answer', 'last-answer': 'The last answer', all: 'The whole text' },
  },
  labelSmoothing: { label: 'Label smoothing', unit: 'share' },
  zLoss: { label: 'Z-loss' },
  rslora: { label: 'Rank-stabilised scale' },
  steps: { label: 'Steps', unit: 'steps', common: true },
  epochs: { label: 'Epochs', unit: 'passes', common: true },
  batchSize: {
    unit: 'rows',
    help: 'Rows at a time. Larger is steadier and needs more memory; auto: what fits this machine.',
    common: true,
  },
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
  neftune: {
    label: 'Noise on the words',
    help: 'NEFTune: chats become livelier with 5 to 15. Only while training; 0 is none.',
  },
  curriculum: {
    label: 'Short rows first',
    unit: 'share',
    help: 'Share of the steps, of the first epoch at most, in which rows go from short to long; 0 is none.',
  },
  evalSteps: { label: 'Measure every', unit: 'steps' },
  patience: {
    label: 'Stop early after',
    unit: 'measurements',
    help: 'Ends when so many on held-out rows were no better.',
  },
  keep: { label: 'Weights to write', choices: { best: 'The best on held-out rows', last: 'The last' } },
  fit: { label: 'Fit the memory', help: 'Fewer rows at a time, and computing again, where a step would not fit.' },
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

/** Of fine-tuning and what builds on it. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Adapters: [
    'rank',
    'alpha',
    'dropout',
    'targets',
    'ranks',
    'alphas',
    'rslora',
    'init',
    'loraPlusRatio',
    'baseBits',
    'adapter',
  ],
  'What is learnt': [
    'method',
    'trainParts',
    'lastLayers',
    'objective',
    'beta',
    'lossOn',
    'labelSmoothing',
    'zLoss',
    'neftune',
  ],
  'Length and rate': [
    'steps',
    'epochs',
    'learningRate',
    'schedule',
    'warmupSteps',
    'weightDecay',
    'maxGradNorm',
    'optimizer',
  ],
  'Rows and memory': ['batchSize', 'accumulate', 'maxLength', 'packing', 'curriculum', 'checkpointing', 'fit', 'seed'],
  'Measuring and keeping': [
    'heldOut',
    'evalExamples',
    'evalSteps',
    'patience',
    'keep',
    'measure',
    'checkpointMinutes',
    'checkpointSteps',
  ],
};
const grouped = (words: Readonly<Record<string, FieldWords>>): Readonly<Record<string, FieldWords>> => ({
  ...words,
  ...Object.fromEntries(
    Object.entries(GROUPS).flatMap(([group, keys]) => keys.map((key) => [key, { ...words[key], group }] as const)),
  ),
});

const distill: Readonly<Record<string, FieldWords>> = {
  ...finetune,
  method: {
    label: 'How it learns',
    choices: {
      logits: 'From every thought of the teacher',
      sequence: 'From answers the teacher writes',
      'on-policy': 'From its own texts, judged by the teacher',
    },
    common: true,
  },
  temperature: { help: 'Above 1, what the teacher thinks less likely counts more.', common: true },
  alpha: { label: 'Weight of the teacher', help: 'The rest goes to the answers in the data.', common: true },
  divergence: {
    label: 'Divergence',
    choices: { forward: 'Forward: cover all', reverse: 'Reverse: only what is sure', jsd: 'In between' },
  },
  topK: { label: 'Tokens kept', help: 'Of each thought of the teacher: a number, all, or auto.' },
  match: {
    label: 'Layers held against the teacher’s',
    help: 'Besides the answers. The teacher then runs in every step.',
    choices: {
      none: 'None',
      hidden: 'What they make of each token',
      attention: 'Where each token looks',
      'hidden,attention': 'Both',
    },
  },
  layerMap: { label: 'Which layers', help: 'even, last, or pairs of student=teacher such as 1=2,2=4.' },
  matchWeight: { label: 'Weight of the layers' },
  maxAnswer: { label: 'Longest answer', unit: 'tokens' },
  roundSteps: { label: 'Steps a round', unit: 'steps', help: 'The student writes the texts of so many steps at once.' },
  sampling: { label: 'Freedom of the answers', help: '0: the likeliest words; higher: more varied ones.' },
};

const quantize: Readonly<Record<string, FieldWords>> = {
  method: {
    help: 'How the roundings are chosen. GPTQ and AWQ look at text first: slower, closer to the original.',
    choices: {
      rtn: 'Round to nearest',
      dynamic: 'Dynamic int8',
      float16: 'Half precision',
      gptq: 'GPTQ, looks at text',
      awq: 'AWQ, looks at text',
      hqq: 'HQQ, better grids',
    },
    common: true,
  },
  bits: { help: 'Fewer bits: smaller, less exact.', unit: 'bits', common: true },
  groupSize: {
    unit: 'weights',
    help: 'Weights that share a scale. Smaller groups: more exact, larger file.',
    choices: { '0': 'Whole rows' },
    common: true,
  },
  symmetric: { label: 'Symmetric', common: true },
  embeddingBits: { label: 'Embedding bits', unit: 'bits', common: true },
  headBits: { label: 'Head bits', unit: 'bits' },
  layerBits: { label: 'Bits of single layers', help: 'Such as 0=8, 4-7=3. The screen Layers measures and sets them.' },
  targetSize: { label: 'Size to reach', help: 'Such as 92MB: bits and groups are then chosen layer by layer.' },
  calibrationTokens: { label: 'Text looked at', unit: 'tokens', help: 'How much text GPTQ and AWQ look at.' },
  smooth: {
    label: 'Smoothing',
    help: 'SmoothQuant, for int8 activations: 0.5 moves half of their outliers into weights.',
  },
  rotate: {
    label: 'Rotate first',
    help: 'Spreads outliers over all features: for int8 activations. No gain where weights alone are rounded. Larger where head and embedding are one.',
  },
  recover: {
    label: 'Recovery trains',
    choices: { codes: 'Weights and scales', scales: 'Scales alone, in half the memory' },
  },
  recoverSteps: {
    label: 'Steps of recovery',
    unit: 'steps',
    help: 'Training towards the original. Worth it at 4 bits and below.',
  },
  recoverRate: { label: 'Rate of recovery', help: 'Largest change in a step.' },
  damp: { label: 'Damping', help: 'For GPTQ: raise it when there is little text to look at.' },
  activationOrder: { help: 'For GPTQ: the inputs that fire most are rounded first.' },
  accuracyLevel: { label: 'Activations', choices: { '1': 'Float32, exact', '4': 'Int8, faster' } },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};

const prune: Readonly<Record<string, FieldWords>> = {
  method: {
    label: 'What goes',
    help: 'Whole layers, the width of all layers, tokens that are never used, or single weights.',
    choices: {
      depth: 'Layers',
      width: 'Width',
      vocabulary: 'Vocabulary',
      wanda: 'Weights, by use',
      sparsegpt: 'Weights, made good by the rest',
      magnitude: 'Weights, by size',
    },
    common: true,
  },
  amount: {
    label: 'How much',
    help: 'A share below 1, or how many. Empty: a tenth; half of single weights; all unused tokens.',
    common: true,
  },
  by: {
    label: 'Chosen by',
    help: 'How the least important is found. Perplexity tries each layer: slower, surer.',
    choices: {
      perplexity: 'Perplexity',
      influence: 'Influence',
      angular: 'Angle, layers in a row',
      activation: 'Activation',
      taylor: 'Gradient',
      magnitude: 'Size of weights',
    },
    common: true,
  },
  targetParameters: { label: 'Parameters to reach', help: 'In place of how much.' },
  targetSize: { label: 'Size to reach', help: 'Such as 92MB, in place of how much.' },
  targetLatency: {
    label: 'Time of a token to reach',
    unit: 'ms',
    help: 'In place of how much: models are measured here until one is that fast.',
  },
  targetFirstToken: {
    label: 'Time to the first token to reach',
    unit: 'ms',
    help: 'After 512 tokens, in place of how much.',
  },
  layers: { label: 'Layers that go', help: 'Only for layers: these, counted from 0, without finding out.' },
  shares: {
    label: 'Shares of the layers',
    help: 'Only for single weights, by use or made good.',
    choices: { even: 'All alike', outliers: 'Less where outliers are' },
  },
  part: {
    label: 'Part of the width',
    help: 'Only for width.',
    choices: {
      neurons: 'Neurons',
      heads: 'Query heads',
      groups: 'Key-value groups',
      channels: 'Hidden channels',
    },
  },
  pattern: {
    label: 'Pattern of zeros',
    help: 'Only for single weights.',
    choices: { rows: 'A share of every row', '2:4': '2 of every 4' },
  },
  frequent: { label: 'Frequent tokens kept', unit: 'tokens', help: 'Only for vocabulary: kept whether used or not.' },
  recover: {
    label: 'Recovery',
    help: 'Training afterwards, so that the model gets back what it lost.',
    choices: {
      none: 'None',
      lora: 'Adapters',
      full: 'Every weight',
      distill: 'From the whole model',
    },
    common: true,
  },
  recoverSteps: { label: 'Recovery steps', unit: 'steps', help: 'Only with recovery.', common: true },
  recoverLearningRate: { label: 'Learning rate of recovery' },
  recoverLength: { label: 'Length read in recovery', unit: 'tokens' },
  iterations: { label: 'Rounds', unit: 'rounds', help: 'A little goes and is recovered in each.' },
  calibrationTokens: { label: 'Text looked at', unit: 'tokens', help: 'How much of the data importance is found on.' },
  evalExamples: { label: 'Examples measured', unit: 'rows' },
  measure: { label: 'Measure before and after' },
};

const transfer: Readonly<Record<string, FieldWords>> = {
  task: { choices: { classification: 'One class a text' } },
  method: { choices: { head: 'A head, the model stays frozen', full: 'All weights' }, common: true },
  pooling: {
    label: 'What stands for a text',
    choices: { auto: 'Automatic', own: 'Its first or last token', mean: 'The mean of all tokens' },
  },
  epochs: { label: 'Epochs', unit: 'passes', common: true },
  headEpochs: { label: 'Epochs of the head before', unit: 'passes' },
  batchSize: { unit: 'texts' },
  maxLength: { label: 'Length read', unit: 'tokens', help: 'Longer texts are cut there.', common: true },
  learningRate: { help: 'Step size. Too high forgets, too low learns nothing.', common: true },
  learningRates: { label: 'Learning rates to try' },
  headLearningRate: { label: 'Learning rate of the head before' },
  gradual: { label: 'Unfreeze from the top' },
  layerDecay: { label: 'Slower in lower layers', unit: 'times' },
  maxGradNorm: { label: 'Gradient limit', help: 'Largest overall gradient; 0 is no limit.' },
  heldOut: { label: 'Kept apart for measuring', unit: 'share', common: true },
  checkpointMinutes: { label: 'Checkpoint every', unit: 'minutes' },
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

const optimize: Readonly<Record<string, FieldWords>> = {
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
  finetune: grouped(finetune),
  distill,
  quantize,
  transfer,
  prune,
  optimize,
  profile,
  export: exporting,
};
