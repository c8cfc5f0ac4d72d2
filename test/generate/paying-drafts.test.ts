/** Drafts rest where they cost more than they bring, and go on where they pay. */
import { expect, it } from 'vitest';
import type { Drafter } from '../../app/generate/drafter.ts';
import { PayingDrafts } from '../../app/generate/paying-drafts.ts';

/** Answers of so many tokens in a world where a draft of two costs that many steps, and so many of it are right. */
async function answer(tokens: number, costs: { readonly draft: number; readonly check: number }, right: () => number) {
  let time = 0;
  const learnt: number[] = [];
  const model: Drafter = {
    add: () => undefined,
    draft: () => {
      time += costs.draft;
      return { ids: [7, 7] };
    },
    learn: (_, count) => learnt.push(count),
  };
  const drafter = new PayingDrafts(model, () => time);
  let drafted = 0;
  for (let done = 0; done < tokens; ) {
    drafter.add(1);
    done += 1;
    const { ids } = await drafter.draft(7);
    time += ids.length > 0 ? costs.check : 1;
    if (ids.length === 0) continue;
    drafted += 1;
    const accepted = right();
    drafter.learn(ids.length, accepted);
    for (let i = 0; i < accepted; i++) drafter.add(7);
    done += accepted;
  }
  return { time, drafted, learnt: learnt.length };
}

it('rests where a draft costs more than it brings', async () => {
  const { time, drafted, learnt } = await answer(1000, { draft: 2, check: 1.8 }, () => 0);
  expect(learnt).toBe(drafted);
  expect(drafted).toBeLessThan(40);
  expect(time).toBeLessThan(1100);
});

it('goes on where drafts are right', async () => {
  const { time, drafted } = await answer(1000, { draft: 0.5, check: 1.3 }, () => 2);
  expect(drafted).toBeGreaterThan(320);
  expect(time).toBeLessThan(640);
});

it('tries again where the text changes', async () => {
  let round = 0;
  const { drafted } = await answer(3000, { draft: 0.5, check: 1.3 }, () => (round++ < 8 ? 0 : 2));
  expect(drafted).toBeGreaterThan(500);
});
