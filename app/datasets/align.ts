/** Finds where the answers lie in the text that a chat template makes of a conversation. */
import { UserError } from '../contract/errors.ts';
import type { ChatTemplate, Conversation, Message } from '../models/chat-template.ts';
import { RowError } from './types.ts';

export type LossOn = 'answers' | 'last-answer' | 'all';

/** A stretch of the rendered conversation; the model learns to write `learnt` ones. */
export interface Segment {
  readonly text: string;
  readonly learnt: boolean;
}

/**
 * Renders `conversation` and cuts it where answers begin and end. An answer is what the template adds for it after the
 * generation prompt, so the end-of-turn token belongs to it.
 * @throws RowError row/template-failed, row/unaligned, row/no-answer
 */
export function renderSegments(conversation: Conversation, template: ChatTemplate, loss: LossOn): readonly Segment[] {
  const whole = render(template, conversation, conversation.messages.length, false);
  if (loss === 'all') return [{ text: whole, learnt: true }];
  const learnt = answersToLearn(conversation.messages, loss);
  if (learnt.length === 0) throw new RowError('row/no-answer', 'no answer to learn from');
  const segments: Segment[] = [];
  let end = 0;
  for (const index of learnt) {
    const [from, to] = locate(conversation, template, whole, index, end);
    if (from > end) segments.push({ text: whole.slice(end, from), learnt: false });
    segments.push({ text: whole.slice(from, to), learnt: true });
    end = to;
  }
  if (end < whole.length) segments.push({ text: whole.slice(end), learnt: false });
  return segments;
}

/** Assistant messages, except those marked `weight: 0` as OpenAI's format allows. */
function answersToLearn(messages: readonly Message[], loss: LossOn): number[] {
  const answers = messages.flatMap((message, i) => (message.role === 'assistant' && message.weight !== 0 ? [i] : []));
  return loss === 'last-answer' ? answers.slice(-1) : answers;
}

function render(template: ChatTemplate, conversation: Conversation, count: number, generationPrompt: boolean): string {
  const messages = conversation.messages.slice(0, count);
  try {
    return template.render({ ...conversation, messages }, { generationPrompt });
  } catch (error) {
    if (error instanceof UserError && error.code === 'template/failed')
      throw new RowError('row/template-failed', error.message);
    throw error;
  }
}

function locate(
  conversation: Conversation,
  template: ChatTemplate,
  whole: string,
  index: number,
  after: number,
): readonly [number, number] {
  try {
    const before = render(template, conversation, index, true);
    const through = render(template, conversation, index + 1, false);
    const stable = through.startsWith(before) && whole.startsWith(through) && before.length >= after;
    if (stable && through.length > before.length) {
      const span = through.slice(before.length);
      const skipped = heading(conversation, template, index, before, span);
      return [before.length + skipped, through.length];
    }
    return search(conversation.messages[index], whole, after, ending(conversation.messages[index], through));
  } catch (error) {
    if (!(error instanceof RowError) || error.code !== 'row/template-failed') throw error;
    // Some templates refuse a conversation that stops early although they take the whole.
    return search(conversation.messages[index], whole, after, undefined);
  }
}

/**
 * How much of `span` is a heading and no answer: a template that knows no generation prompt puts "assistant:" there.
 * @throws RowError row/unaligned when the answer is not in it at all
 */
function heading(
  conversation: Conversation,
  template: ChatTemplate,
  index: number,
  before: string,
  span: string,
): number {
  const content = contentOf(conversation.messages[index]);
  const at = span.indexOf(content);
  if (at < 0) throw new RowError('row/unaligned', 'the chat template leaves an answer out or changes it');
  if (content.length === 0 || span.slice(0, at).trim().length === 0) return 0;
  return render(template, conversation, index, false) === before ? at : 0;
}

/** What the template writes after the answer when the answer comes last: the end-of-turn token and what follows it. */
function ending(message: Message, through: string): string | undefined {
  const content = contentOf(message);
  const at = through.lastIndexOf(content);
  return at < 0 ? undefined : through.slice(at + content.length);
}

/** For templates that rewrite earlier turns (dropping thoughts, say): find the answer's own text in the whole. */
function search(message: Message, whole: string, after: number, tail: string | undefined): readonly [number, number] {
  const content = contentOf(message);
  const from = content.length > 0 ? whole.indexOf(content, after) : -1;
  if (from < 0) throw new RowError('row/unaligned', 'an answer cannot be found in what the chat template makes of it');
  let to = from + content.length;
  // As much of the ending as the whole conversation shares; at least the end-of-turn token where there is one.
  for (let i = 0; tail && i < tail.length && whole[to] === tail[i]; i += 1) to += 1;
  return [from, to];
}

/** Templates often trim, and drop the thoughts of earlier turns: what is left for sure is the text after them. */
function contentOf(message: Message): string {
  const content = typeof message.content === 'string' ? message.content : '';
  const thoughts = content.lastIndexOf('</think>');
  return (thoughts < 0 ? content : content.slice(thoughts + '</think>'.length)).trim();
}
