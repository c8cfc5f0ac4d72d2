/** The decoder that stops by itself in one file answers as adaptive decoding does, token by token, from the same place. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptiveDecoder, type StepThresholds } from '../../app/generate/adaptive-decoder.ts';
import { openGraph } from '../../app/generate/open-graph.ts';
import { StoppingFile } from '../../app/generate/stopping-file.ts';
import { buildStoppingDecoder } from '../../app/models/graphs/stopping-decoder.ts';
import { openStored, type StoredModel } from '../../app/models/stored.ts';
import { Random } from '../../app/tensor/random.ts';
import { verify } from '../../app/tensor/verify.ts';
import { makeTinyModel } from '../models/tiny-model.ts';
import { makeExits } from './tiny-exits.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-stopping-decoder-'));
afterAll(() => rm(work, { recursive: true, force: true }));
const architectures = join(import.meta.dirname, '../fixtures/architectures');
/** Positions of these are added to their tokens; those of the other are in rotary tables. */
const LEARNED = 'opt';
let rotary: StoredModel;
beforeAll(async () => {
  rotary = await openStored(await makeTinyModel(work, 'deep'));
}, 60_000);

const LENGTH = 64;

it.each([
  ['rotary', true],
  ['rotary', false],
  [LEARNED, true],
  [LEARNED, false],
] as const)('%s positions, with an exit: %s', async (positions, exit) => {
  const model = positions === LEARNED ? await openStored(join(architectures, LEARNED)) : rotary;
  const exits = await makeExits(model);
  const parts = { exit: exit ? exits : undefined, list: exits.list, thresholds: [1, 1, -1] as const };
  const graph = buildStoppingDecoder(model, parts, { ...model, maxLength: LENGTH });
  verify(graph);
  const file = new StoppingFile(await openGraph(graph, { threads: 1 }), model.config);
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads: 1, maxLength: LENGTH });
  const random = new Random([9]);
  const ids = Array.from({ length: 30 }, () => Math.floor(random.fraction() * model.config.vocabulary));
  const seen = new Set<string>();
  const waysOf: StepThresholds[] = [
    { exit: 1, shortlist: 1 },
    { exit: 1, shortlist: 0.013 },
    ...(exit
      ? [
          { exit: 0.0125, shortlist: 0.013 },
          { exit: -1, shortlist: -1, gate: 0 },
        ]
      : []),
  ];
  for (const thresholds of waysOf) {
    adaptive.rewind();
    file.rewind();
    const first = await adaptive.read(ids.slice(0, 5), thresholds);
    // A prompt goes through all layers.
    expect(await file.extend(ids.slice(0, 5), { ...thresholds, exit: 1 })).toMatchObject({ token: first.token });
    for (const id of ids.slice(5)) {
      const [{ token, kind }] = await adaptive.extend([id], thresholds);
      expect(await file.extend([id], thresholds)).toEqual({ token, kind });
      seen.add(kind);
    }
  }
  expect([...seen].sort()).toEqual(exit ? ['exit', 'full', 'shortlist'] : ['full', 'shortlist']);
  adaptive.dispose();
  file.dispose();
});
