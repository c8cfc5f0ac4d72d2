import { describe, expect, it } from 'vitest';
import { levelOf } from '../../renderer/pages/playground/certainty-level.ts';
import {
  ask,
  beginReply,
  type Conversation,
  messagesFor,
  updateReply,
} from '../../renderer/pages/playground/conversation.ts';
import { FREE_FORM, formRequest, schemaProblem } from '../../renderer/pages/playground/form.ts';

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

it('asks for a form only where one is wanted, and tells of text that is no JSON', () => {
  expect(formRequest(FREE_FORM)).toEqual({});
  const form = { stops: 'END\n\n###', schema: '{"type":"string"}', certainty: true };
  expect(formRequest(form)).toEqual({ stop: ['END', '###'], schema: form.schema, certainty: true });
  expect(formRequest({ ...FREE_FORM, stops: 'x\n'.repeat(20) }).stop).toHaveLength(16);
  expect(schemaProblem(' ')).toBeUndefined();
  expect(schemaProblem('{')).toContain('JSON');
  expect([0.9, 0.5, 0.2, 0.01].map((share) => levelOf(Math.log(share)))).toEqual([0, 1, 2, 3]);
});
