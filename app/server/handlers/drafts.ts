/** Unfinished wizards. */
import { randomUUID } from 'node:crypto';
import { os } from '../base.ts';

export const drafts = os.drafts.router({
  list: os.drafts.list.handler(({ context: { engine } }) => engine.store.drafts.list()),
  save: os.drafts.save.handler(({ input, context: { engine } }) => {
    const draft = { ...input, id: input.id ?? randomUUID(), savedAt: Date.now() };
    engine.store.drafts.save(draft);
    engine.events.change({ kind: 'drafts', id: draft.id });
    return draft;
  }),
  remove: os.drafts.remove.handler(({ input: { id }, context: { engine } }) => {
    engine.store.drafts.remove(id);
    engine.events.change({ kind: 'drafts', id });
    return {};
  }),
});
