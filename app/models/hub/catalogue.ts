/** Small models that are worth beginning with, under short names: `lathe models get smollm2-135m-instruct`. */

export interface CatalogueEntry {
  readonly id: string;
  /** owner/name on the hub. */
  readonly repo: string;
  readonly parameters: number;
  readonly licence: string;
  /** The owner asks for consent first: needs HF_TOKEN. */
  readonly gated?: boolean;
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  entry('smollm2-135m-instruct', 'HuggingFaceTB/SmolLM2-135M-Instruct', 134_515_008, 'Apache-2.0'),
  entry('smollm2-135m', 'HuggingFaceTB/SmolLM2-135M', 134_515_008, 'Apache-2.0'),
  entry('smollm2-360m-instruct', 'HuggingFaceTB/SmolLM2-360M-Instruct', 361_821_120, 'Apache-2.0'),
  entry('smollm2-1.7b-instruct', 'HuggingFaceTB/SmolLM2-1.7B-Instruct', 1_711_376_384, 'Apache-2.0'),
  entry('qwen2.5-0.5b-instruct', 'Qwen/Qwen2.5-0.5B-Instruct', 494_032_768, 'Apache-2.0'),
  entry('qwen2.5-1.5b-instruct', 'Qwen/Qwen2.5-1.5B-Instruct', 1_543_714_304, 'Apache-2.0'),
  entry('tinyllama-1.1b-chat', 'TinyLlama/TinyLlama-1.1B-Chat-v1.0', 1_100_048_384, 'Apache-2.0'),
  { ...entry('llama-3.2-1b-instruct', 'meta-llama/Llama-3.2-1B-Instruct', 1_235_814_400, 'Llama 3.2'), gated: true },
  entry('gpt2', 'openai-community/gpt2', 124_439_808, 'MIT'),
  entry('distilgpt2', 'distilbert/distilgpt2', 81_912_576, 'Apache-2.0'),
];

function entry(id: string, repo: string, parameters: number, licence: string): CatalogueEntry {
  return { id, repo, parameters, licence };
}
