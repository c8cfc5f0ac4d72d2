/** What was removed and can be had back. */
import { os } from '../base.ts';

export const trash = os.trash.router({
  list: os.trash.list.handler(({ context: { engine } }) =>
    engine.store.trash.list().map(({ id, kind, name, removedAt, bytes }) => ({ id, kind, name, removedAt, bytes })),
  ),
  restore: os.trash.restore.handler(async ({ input: { id }, context: { engine } }) => {
    const restored = await engine.trash.restore(id);
    if (restored.kind === 'model') await engine.models.sync(true);
    engine.events.change({
      kind: restored.kind === 'model' ? 'models' : restored.kind === 'dataset' ? 'datasets' : 'exports',
    });
    return restored;
  }),
  empty: os.trash.empty.handler(async ({ input: { id }, context: { engine } }) => ({
    freedBytes: await engine.trash.empty(id),
  })),
});
