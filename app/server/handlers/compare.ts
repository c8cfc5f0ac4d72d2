/** Versions of models beside each other. */
import { os } from '../base.ts';

/** A family of thousands would be no picture. */
const MOST_VERSIONS = 500;

export const compare = os.compare.router({
  versions: os.compare.versions.handler(async ({ input, context: { engine } }) => {
    await engine.models.syncSoon();
    const families = engine.store.models.families(200);
    const family = input.family ?? families[0]?.id;
    if (family === undefined) return { versions: [], families };
    const query = { family, sort: 'addedAt', descending: false, offset: 0, limit: MOST_VERSIONS } as const;
    const versions = engine.store.models.list(query).items.map((model) => {
      const withQuality = engine.store.models
        .measurements(model.id)
        .find(({ values }) => values.perplexity !== undefined);
      return { model, measured: model.measured, evaluatedOn: withQuality?.evaluatedOn };
    });
    return { family, versions, families };
  }),
});
