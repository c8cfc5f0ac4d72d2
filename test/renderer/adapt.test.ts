/** Adapt in the window: its plan, its words, what its result says. */
import { describe, expect, it } from 'vitest';
import { listTechniques } from '../../app/cli/technique-list.ts';
import {
  type AdaptReport,
  adaptReportOf,
  adaptVerdict,
  stopsOf,
  waysOf,
} from '../../renderer/pages/jobs/result/adapt-report.ts';
import { adaptWords } from '../../renderer/pages/jobs/result/adapt-words.ts';
import { outcomesOf } from '../../renderer/pages/jobs/result/outcomes.ts';
import { verdictOf } from '../../renderer/pages/jobs/result/verdict.ts';
import { adaptPlan, adaptSummary, unusedSettings } from '../../renderer/wizards/adapt/plan.ts';
import { fieldsOf } from '../../renderer/wizards/form/fields.ts';

const report: AdaptReport = {
  kind: 'classifier',
  layers: 3,
  meanLayersUsed: 1.6,
  speedup: 1.84,
  speedupRange: [1.7, 1.9],
  metric: { name: 'accuracy', full: 0.97, adaptive: 0.967 },
  guarantee: {
    metric: 'accuracy',
    maxLoss: 0.01,
    confidence: 0.95,
    calibrationRows: 900,
    accepted: 4,
    heldOut: { rows: 1200, loss: 0.003, kept: true },
  },
  bestFixed: { layer: 2, accuracy: 0.962, speedup: 1.4 },
  exits: [
    { layer: 1, accuracy: 0.93, agreement: 0.94, share: 0.6 },
    { layer: 2, accuracy: 0.962, agreement: 0.98, share: 0.2 },
    { layer: 3, accuracy: 0.97, agreement: 1, share: 0.2 },
  ],
  dial: [{ loss: 0, meanLayers: 2.4 }],
  worthwhile: true,
  proposals: [],
  thresholds: [0.9, 0.9],
};

describe('the result of an adaptation', () => {
  it('tells further ways apart: what each means brings, and halting from confidence', () => {
    expect(waysOf(report)).toEqual([]);
    const means = [
      { name: 'shortlist' as const, speedup: 1.2 },
      { name: 'drafts' as const, speedup: 1.7 },
    ];
    expect(waysOf({ ...report, means }).map(({ name, found }) => `${name} ${found}`)).toEqual([
      'Short list alone 1.20×',
      'With drafts 1.70×',
    ]);
    const compared = {
      halting: { meanLayers: 1.94, accuracy: 0.961 },
      confidence: { meanLayers: 1.6, accuracy: 0.967 },
    };
    expect(waysOf({ ...report, compared })).toMatchObject([
      { found: '1.9 layers, 96.1%' },
      { found: '1.6 layers, 96.7%' },
    ]);
  });

  it('says what was promised and what was found', () => {
    expect(adaptVerdict(report)).toEqual({
      text: '1.8× faster: at most 1 point of accuracy lost, 95% sure; 0.3 points lost on 1,200 other texts.',
      tone: 'good',
    });
  });

  it('says so where nothing is to be had, or where a promise turned out broken', () => {
    const none = { ...report, guarantee: { ...report.guarantee, accepted: 0 } };
    expect(adaptVerdict(none)).toMatchObject({ tone: 'neutral', text: expect.stringMatching(/^Nothing to be gained/) });
    const heldOut = { rows: 50, loss: 0.04, kept: false };
    const broken = { ...report, guarantee: { ...report.guarantee, heldOut } };
    expect(adaptVerdict(broken)).toMatchObject({ tone: 'bad', text: expect.stringMatching(/^4 points lost/) });
    expect(adaptVerdict({ ...report, worthwhile: false, speedup: 0.98 }).tone).toBe('warn');
    const alone = { kind: 'chat-cascade' as const, bestFixed: { layer: 1 }, worthwhile: false, speedup: 4.27 };
    expect(adaptVerdict({ ...report, ...alone })).toMatchObject({
      tone: 'good',
      text: expect.stringMatching(/^The small model alone keeps the promise, 4\.3× faster: at most 1 point/),
    });
  });

  it('calls the two of a cascade by what they are, and layers layers', () => {
    const own = adaptWords(report);
    expect([own.placeOf(2), own.depth(1.6), own.alone]).toEqual([
      '2',
      '1.6 of 3 layers on average',
      'Accuracy alone, %',
    ]);
    const chat = { kind: 'chat-cascade' as const, metric: { name: 'token F1', full: 0.9, adaptive: 0.9 } };
    const two = adaptWords({ ...report, ...chat, bestFixed: { layer: 2 } });
    expect([two.placeOf(1), two.depth(1.4), two.fixed]).toEqual([
      'small',
      'the large model is asked about 40.0%',
      undefined,
    ]);
    expect(two.alone).toBe('Token F1 alone, %');
    expect(adaptWords({ ...report, ...chat, bestFixed: { layer: 1 } }).fixed).toBe('Small model alone');
  });

  it('counts where texts and tokens stop', () => {
    expect(stopsOf(report).map(({ share }) => share)).toEqual([0.6, 0.2, 0.2]);
    const decoder = {
      ...report,
      kind: 'decoder' as const,
      exits: [{ layer: 2, agreement: 0.7 }],
      thresholds: { layer: 2, exit: 0.8, shortlist: 0.5 },
      answered: { exit: 0.4 },
    };
    // Layers of a decoder without an exit are none to stop at.
    expect(stopsOf(decoder)).toEqual([
      { layer: 2, share: 0.4 },
      { layer: 3, share: 0.6 },
    ]);
  });

  it('is read from the document of its step alone', () => {
    const step = { name: 'adapt', options: {}, result: report as unknown as Record<string, unknown> };
    const { steps } = outcomesOf({ steps: [step] as never });
    expect(verdictOf(steps).text).toMatch(/^1.8× faster/);
    expect(adaptReportOf({ perplexity: 4 })).toBeUndefined();
  });
});

describe('the wizard', () => {
  const form = {
    model: { id: 'm', name: 'own/minilm' },
    dataset: { id: 'd', name: 'mails' },
    options: {},
    prompts: [],
  };

  it('becomes a plan with its data', () => {
    expect(adaptPlan(form, [])).toMatchObject({
      name: 'minilm-adaptive',
      modelId: 'm',
      datasetId: 'd',
      steps: [{ name: 'adapt' }],
    });
  });

  it('puts a smaller model in front where one is chosen', () => {
    const { steps } = adaptPlan({ ...form, options: { cascade: 'own/tiny' } }, []);
    expect(steps[0].options).toEqual({ cascade: 'own/tiny' });
    expect(adaptPlan(form, []).steps[0].options).toEqual({});
  });

  it('says the promise in words', () => {
    expect(adaptSummary([], {})).toBe('at most 1 point lost, 95% sure');
    expect(adaptSummary([], { maxLoss: 0.005, confidence: 0.9 })).toBe('at most 0.5 points lost, 90% sure');
  });
});

it('asks for what the model and the way have a use for, under a heading each', () => {
  const technique = listTechniques().find(({ name }) => name === 'adapt');
  const asked = (architecture: string, options: object) => {
    const unused = unusedSettings({ config: { architectures: [architecture] } }, { options: { ...options } });
    return fieldsOf(technique!.schema as never, 'adapt', unused).map(({ key }) => key);
  };
  const always = ['maxLoss', 'confidence', 'metric'];
  const proof = ['calibration', 'tuning', 'heldOut', 'seed'];
  const cascade = { cascade: 'small' };
  const classifier = asked('BertForSequenceClassification', {});
  expect(classifier).toEqual(expect.arrayContaining([...always, ...proof, 'method', 'quantize', 'maxLength']));
  expect(classifier).not.toContain('shortlist');
  expect(asked('BertModel', {})).toEqual(classifier);
  expect(asked('LlamaForCausalLM', {})).toEqual(
    expect.arrayContaining([...always, ...proof, 'exits', 'shortlist', 'window']),
  );
  expect(asked('LlamaForCausalLM', {})).not.toContain('method');
  expect(asked('GPT2LMHeadModel', cascade)).toEqual([
    ...always,
    'calibration',
    'tuning',
    'heldOut',
    'answerTokens',
    'seed',
  ]);
  expect(asked('BertForSequenceClassification', cascade)).not.toContain('method');
  const all = fieldsOf(technique!.schema as never, 'adapt');
  // Named even where it is the default: the data set's own share would stand in for it.
  expect(adaptPlan({ model: { id: 'm', name: 'm' }, options: {}, prompts: [] }, all).steps[0].options).toEqual({
    heldOut: 0.2,
  });
  expect(all.filter(({ group }) => group === undefined)).toEqual([]);
  expect(all.filter(({ common }) => common).length).toBeGreaterThan(6);
});
