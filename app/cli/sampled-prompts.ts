/** Prompts that a model answers while it is trained: as token ids for the training, its answers as text. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { promptIds } from '../models/prompt-ids.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import type { SampleRequest } from '../techniques/finetune/sampling.ts';

const MAX_TOKENS = 96;
/** Of a longer prompt, the end. */
const PROMPT_TOKENS = 384;

export interface SampledAnswer {
  readonly step: number;
  readonly prompt: string;
  readonly text: string;
}

/** A prompt a line, or a JSON array of strings. @throws UserError file/not-found, arguments/invalid */
export async function readPrompts(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  if (!file.endsWith('.json')) return text.split(/\r?\n/).filter((line) => line.trim() !== '');
  try {
    const prompts: unknown = JSON.parse(text);
    if (Array.isArray(prompts) && prompts.every((prompt) => typeof prompt === 'string')) return prompts;
  } catch (cause) {
    throw new UserError('arguments/invalid', `${file} is not JSON`, { cause });
  }
  throw new UserError('arguments/invalid', `${file} is not a JSON array of strings`);
}

/** @throws UserError tokenizer/* */
export async function sampleRequest(
  model: string,
  contextLength: number,
  prompts: readonly string[],
  take: (answer: SampledAnswer) => void,
): Promise<SampleRequest> {
  const [tokenizer, template] = await Promise.all([loadTokenizer(model), findChatTemplate(model)]);
  const most = Math.max(1, Math.min(PROMPT_TOKENS, contextLength - MAX_TOKENS));
  return {
    prompts: prompts.map((prompt) => promptIds(tokenizer, template, prompt).slice(-most)),
    stopIds: tokenizer.stopIds,
    maxTokens: Math.min(MAX_TOKENS, contextLength >> 1),
    onAnswers: (step, answers) => {
      answers.forEach((ids, i) => {
        take({ step, prompt: prompts[i], text: tokenizer.decode(ids, { skipSpecial: true }) });
      });
    },
  };
}
