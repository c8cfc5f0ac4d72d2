/** Versions of models beside each other. */
import { os } from '../base.ts';
import { onOneYardstick } from '../yardstick.ts';

/** A family of thousands would be no picture. */
const MOST_VERSIONS = 500;

export const compare = os.compare.router({
  versions: os.compare.versions.handler(async ({ input, context: { engine } }) => {
    await engine.models.syncSoon();
    const { models } = engine.store;
    const families = models.families(200);
    const family = input.family ?? families[0]?.id;
    if (family === undefined) return { versions: [], families };
    const query = { family, sort: 'addedAt', descending: false, offset: 0, limit: MOST_VERSIONS } as const;
    const { items } = models.list(query);
    const yardsticks = onOneYardstick(items.map(({ id }) => models.measurements(id)));
    const versions = items.map((model, i) => {
      const { quality, evaluatedOn } = yardsticks[i] ?? {};
      return { model, measured: quality ? { ...model.measured, ...quality } : model.measured, evaluatedOn };
    });
    return { family, versions, families };
  }),
});
