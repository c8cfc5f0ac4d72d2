/** A conversation with one or two versions side by side, as values: what is asked, what each answered, what is asked again. */

import type { TokenCertainty } from '../../../app/contract/playground.ts';
import type { Piece } from '../../ui/layered-text.tsx';

export interface Reply {
  readonly text: string;
  readonly state: 'writing' | 'done' | 'stopped' | 'failed';
  readonly tokens?: number;
  readonly tokensPerSecond?: number;
  readonly timeToFirstTokenMs?: number;
  readonly seed: number;
  /** Of an adaptive model: the text by the layers behind it. */
  readonly layers?: { readonly all: number; readonly mean: number; readonly pieces: readonly Piece[] };
  /** Of a cascade. */
  readonly answeredBy?: 'small' | 'large';
  readonly certainty?: readonly TokenCertainty[];
  readonly error?: { readonly code?: string; readonly message: string; readonly hint?: string };
}

/** One question and what each version said to it, by model id. */
export interface Turn {
  readonly question: string;
  readonly replies: Readonly<Record<string, Reply>>;
}

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export type Conversation = readonly Turn[];

/** What is sent to one version for its answer to turn `index`: it sees its own earlier answers only. */
export function messagesFor(conversation: Conversation, modelId: string, index: number, system: string): Message[] {
  const messages: Message[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  for (const [i, { question, replies }] of conversation.slice(0, index + 1).entries()) {
    messages.push({ role: 'user', content: question });
    const reply = replies[modelId];
    if (i < index && reply && reply.state !== 'failed') messages.push({ role: 'assistant', content: reply.text });
  }
  // A version that joined late has no answers to earlier questions, which templates refuse: it sees the last question only.
  const roles = messages.filter(({ role }) => role !== 'system').map(({ role }) => role);
  const alternates = roles.every((role, i) => role === (i % 2 === 0 ? 'user' : 'assistant'));
  return alternates ? messages : [...messages.filter(({ role }) => role === 'system'), messages[messages.length - 1]];
}

export const ask = (conversation: Conversation, question: string): Conversation => [
  ...conversation,
  { question, replies: {} },
];

/** Starts (again) the answer of one version to a turn; turns after it, which followed from the old answer, are dropped. */
export function beginReply(conversation: Conversation, index: number, modelId: string, seed: number): Conversation {
  return conversation
    .slice(0, index + 1)
    .map((turn, i) =>
      i === index ? { ...turn, replies: { ...turn.replies, [modelId]: { text: '', state: 'writing', seed } } } : turn,
    );
}

export function updateReply(
  conversation: Conversation,
  index: number,
  modelId: string,
  change: (reply: Reply) => Reply,
): Conversation {
  return conversation.map((turn, i) => {
    const reply = turn.replies[modelId];
    return i === index && reply ? { ...turn, replies: { ...turn.replies, [modelId]: change(reply) } } : turn;
  });
}

/** A seed that people can read and type again. */
export const freshSeed = (random: () => number = Math.random): number => Math.floor(random() * 1_000_000);
