/** What the small and the large model of a cascade answer to the same questions, in turns and by the clock. */
import { answerThatFits } from '../../generate/cascade-text.ts';
import { Speaker, type Spoken } from '../../generate/speaker.ts';
import type { Message } from '../../models/chat-template.ts';
import type { Question } from './chat-questions.ts';

export interface ChatContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'reading' | 'training' | 'measuring', done: number, total: number) => void;
}

/** What both wrote, and the milliseconds it took. */
export interface Answered extends Question {
  readonly small: Spoken & { readonly milliseconds: number };
  readonly large: Spoken & { readonly milliseconds: number };
}

/** Where the small model has no room for the question: never sure enough. */
const NOTHING: Spoken = { text: '', ids: [], promptTokens: 0, confidence: 0 };

export async function askBoth(
  folders: { readonly small: string; readonly large: string },
  questions: readonly Question[],
  maxTokens: number,
  { threads, signal, onProgress }: ChatContext,
): Promise<Answered[]> {
  const small = await Speaker.open(folders.small, { threads, spin: false });
  let large: Speaker | undefined;
  try {
    large = await Speaker.open(folders.large, { threads, spin: false });
    const ask = async (speaker: Speaker, messages: readonly Message[]) => {
      const begin = performance.now();
      const options = { maxTokens, signal };
      const spoken =
        speaker === small
          ? ((await answerThatFits(speaker, messages, options)) ?? NOTHING)
          : await speaker.answer(messages, options);
      return { ...spoken, milliseconds: performance.now() - begin };
    };
    // The first answer of each only warms up.
    for (const speaker of [small, large]) await ask(speaker, questions[0].messages);
    const answered: Answered[] = [];
    for (const [i, question] of questions.entries()) {
      signal?.throwIfAborted();
      const { messages } = question;
      const first = i % 2 === 0 ? await ask(small, messages) : undefined;
      const second = await ask(large, messages);
      answered.push({ ...question, small: first ?? (await ask(small, messages)), large: second });
      onProgress?.('measuring', i + 1, questions.length);
    }
    return answered;
  } finally {
    small.dispose();
    large?.dispose();
  }
}
