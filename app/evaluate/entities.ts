/** How many entities are found whole, from tags like B-PER and I-PER: the numbers of seqeval 1.2.2 (its default mode). */

export interface EntityScore {
  /** Share of the entities that were named that are right in type, begin and end. */
  readonly precision: number;
  /** Share of the true entities that were found. */
  readonly recall: number;
  readonly f1: number;
  /** True entities. */
  readonly support: number;
}

export interface EntityScores extends EntityScore {
  readonly perType: readonly (EntityScore & { readonly label: string })[];
}

const TAG = /^(?:O|[BIES]-.+)$/;

/** Whether tags say where entities begin, and not only what a word is. */
export const areEntityTags = (tags: readonly string[]): boolean =>
  tags.every((tag) => TAG.test(tag)) && tags.some((tag) => tag !== 'O');

const partsOf = (tag: string): readonly [string, string] => (tag === 'O' ? ['O', ''] : [tag[0], tag.slice(2)]);

/** Entities of one sentence as "type begin end", the end counted in. An I- where no entity of its type goes on begins one. */
export function entitiesOf(tags: readonly string[]): string[] {
  const found: string[] = [];
  let begin: number | undefined;
  let [before, type] = ['O', ''];
  for (const [at, tag] of [...tags, 'O'].entries()) {
    const [mark, own] = partsOf(tag);
    const goesOn = (mark === 'I' || mark === 'E') && (before === 'B' || before === 'I') && own === type;
    if (begin !== undefined && !goesOn) found.push(`${type} ${begin} ${at - 1}`);
    if (!goesOn) begin = mark === 'O' ? undefined : at;
    [before, type] = [mark, own];
  }
  return found;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * @param truth tags of each sentence
 * @param predicted likewise
 */
export function scoreEntities(
  truth: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
): EntityScores {
  const counts = new Map<string, { hits: number; named: number; support: number }>();
  const of = (entity: string) => {
    const type = entity.split(' ').slice(0, -2).join(' ');
    const count = counts.get(type) ?? { hits: 0, named: 0, support: 0 };
    counts.set(type, count);
    return count;
  };
  truth.forEach((tags, sentence) => {
    const wanted = new Set(entitiesOf(tags));
    for (const entity of wanted) of(entity).support += 1;
    for (const entity of entitiesOf(predicted[sentence])) {
      of(entity).named += 1;
      if (wanted.has(entity)) of(entity).hits += 1;
    }
  });
  const scoreOf = ({ hits, named, support }: { hits: number; named: number; support: number }): EntityScore => ({
    precision: ratio(hits, named),
    recall: ratio(hits, support),
    f1: ratio(2 * hits, named + support),
    support,
  });
  const all = { hits: 0, named: 0, support: 0 };
  for (const count of counts.values()) {
    all.hits += count.hits;
    all.named += count.named;
    all.support += count.support;
  }
  const perType = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, count]) => ({ label, ...scoreOf(count) }));
  return { ...scoreOf(all), perType };
}
