/** The user's own prompts, answered by a model before and after. */
import { closedSide } from '../datasets/index.ts';
import { Answerer, answerText } from '../generate/answerer.ts';
import { Decoder } from '../generate/decoder.ts';
import { generateText } from '../generate/generate.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { openModel } from '../models/model.ts';
import { promptIds } from '../models/prompt-ids.ts';
import { openStored } from '../models/stored.ts';
import { loadTokenizer } from '../models/tokenizer.ts';

export interface AnswerOptions {
  readonly threads?: number;
  readonly maxTokens: number;
  readonly signal?: AbortSignal;
}

/** Greedy answers; through the chat template where there is one. */
export async function answerPrompts(
  model: string,
  prompts: readonly string[],
  { threads, maxTokens, signal }: AnswerOptions,
): Promise<string[]> {
  const [tokenizer, template, stored] = await Promise.all([
    loadTokenizer(model),
    findChatTemplate(model),
    openStored(model),
  ]);
  if (stored.architecture.kind === 'encoder-decoder') {
    const answerer = await Answerer.open(await openModel(model), { threads });
    try {
      const settings = { maxTokens, stopIds: tokenizer.stopIds, signal };
      const answers: string[] = [];
      for (const prompt of prompts) {
        const { ids } = closedSide(prompt, tokenizer);
        answers.push((await answerText(answerer, tokenizer, ids, settings)).text);
      }
      return answers;
    } finally {
      answerer.dispose();
    }
  }
  const decoder = await Decoder.open(stored, { threads, maxLength: 2048 });
  try {
    const answers: string[] = [];
    for (const content of prompts) {
      const ids = promptIds(tokenizer, template, content).slice(-(decoder.maxLength - maxTokens));
      const settings = { maxTokens, stopIds: tokenizer.stopIds, signal };
      answers.push((await generateText(decoder, tokenizer, ids, settings)).text);
    }
    return answers;
  } finally {
    decoder.dispose();
  }
}
