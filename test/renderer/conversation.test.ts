import { describe, expect, it } from 'vitest';
import {
  ask,
  beginReply,
  type Conversation,
  messagesFor,
  updateReply,
} from '../../renderer/pages/playground/conversation.ts';

function said(conversation: Conversation, index: number, model: string, text: string): Conversation {
  return updateReply(beginReply(conversation, index, model, 7), index, model, (reply) => ({
    ...reply,
    text,
    state: 'done',
  }));
}

describe('conversation', () => {
  const first = said(said(ask([], 'Hello?'), 0, 'a', 'Hi from a'), 0, 'b', 'Hi from b');
  const second = ask(first, 'And now?');

  it('shows each version its own answers only', () => {
    expect(messagesFor(second, 'b', 1, ' Be brief. ')).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: 'Hi from b' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  it('asks a version that joined late the last question only, so that roles alternate', () => {
    expect(messagesFor(second, 'c', 1, '')).toEqual([{ role: 'user', content: 'And now?' }]);
  });

  it('regenerates in place: same question, same history, later turns dropped', () => {
    const third = ask(said(second, 1, 'a', 'Later'), 'More?');
    const again = beginReply(third, 0, 'a', 7);
    expect(again).toHaveLength(1);
    expect(again[0].replies.a).toEqual({ text: '', state: 'writing', seed: 7 });
    expect(again[0].replies.b.text).toBe('Hi from b');
    expect(messagesFor(again, 'a', 0, '')).toEqual(messagesFor(first, 'a', 0, ''));
  });

  it('leaves failed answers out of what follows', () => {
    const failed = updateReply(beginReply(ask([], 'Hello?'), 0, 'a', 1), 0, 'a', (reply) => ({
      ...reply,
      state: 'failed',
    }));
    expect(messagesFor(ask(failed, 'Again?'), 'a', 1, '')).toEqual([{ role: 'user', content: 'Again?' }]);
  });
});
