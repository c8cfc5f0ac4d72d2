/** Measures ways of adaptive decoding against the whole model: the same prompts in turns, greedily, by the clock. */
import { mean } from '../../evaluate/statistics.ts';
import { AdaptiveDecoder, type Exits, type StepKind, type StepThresholds } from '../../generate/adaptive-decoder.ts';
import { type AnsweredToken, adaptiveTokens } from '../../generate/adaptive-tokens.ts';
import { argmax } from '../../generate/argmax.ts';
import { Decoder } from '../../generate/decoder.ts';
import type { StoredModel } from '../../models/stored.ts';

export interface Way {
  readonly thresholds: StepThresholds;
  readonly drafts: boolean;
}

export interface WayMeasured {
  /** Milliseconds a token of each prompt, prompt reading left out. */
  readonly milliseconds: readonly number[];
  readonly kinds: Readonly<Record<StepKind, number>>;
  /** Share of tokens that are the whole model's, from the same beginning, until the texts part. */
  readonly sameTokens: number;
  /** Of the first prompts: what was generated, and the layers behind each token. */
  readonly samples: readonly {
    readonly prompt: readonly number[];
    readonly ids: readonly number[];
    readonly layers: readonly number[];
  }[];
}

export interface DecodingTimes<Name extends string> {
  /** As `milliseconds`, of the whole model. */
  readonly full: readonly number[];
  readonly ways: Readonly<Record<Name, WayMeasured>>;
}

export interface MeasureOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'measuring', done: number, total: number) => void;
}

/** Both models are opened so often: for as long as sessions are open, where their weights happen to lie makes them faster or slower. */
const OPENINGS = 3;
/** Tokens that are generated after each prompt. */
const TOKENS = 48;
const SAMPLES = 3;

interface Run {
  readonly milliseconds: number;
  readonly ids: readonly number[];
  readonly tokens: readonly AnsweredToken[];
}

export async function measureDecoding<Name extends string>(
  model: StoredModel,
  exits: Exits,
  ways: Readonly<Record<Name, Way>>,
  prompts: readonly (readonly number[])[],
  { threads, signal, onProgress }: MeasureOptions,
): Promise<DecodingTimes<Name>> {
  const maxLength = Math.max(...prompts.map((prompt) => prompt.length)) + TOKENS + 1;
  const names = Object.keys(ways) as Name[];
  const runs = new Map<Name | 'full', Run[]>([['full', []], ...names.map((name) => [name, []] as [Name, Run[]])]);
  const part = Math.ceil(prompts.length / OPENINGS);
  for (let begin = 0; begin < prompts.length; begin += part) {
    const opened = await openBoth(model, exits, { threads, maxLength, spin: false }, (begin / part) % 2 === 0);
    try {
      const some = prompts.slice(begin, begin + part);
      // The first prompt is run twice: the first time only warms up.
      for (const [i, prompt] of [some[0], ...some].entries()) {
        const all = [...runs.keys()];
        for (let k = 0; k < all.length; k++) {
          signal?.throwIfAborted();
          const name = all[(k + i) % all.length];
          const run =
            name === 'full' ? await runPlain(opened.plain, prompt) : await runWay(opened.adaptive, prompt, ways[name]);
          if (i > 0) runs.get(name)!.push(run);
        }
        onProgress?.('measuring', begin + i, prompts.length);
      }
    } finally {
      opened.plain.dispose();
      opened.adaptive.dispose();
    }
  }
  const full = runs.get('full')!;
  const measured = names.map((name) => [name, wayOf(runs.get(name)!, full, prompts)] as const);
  return {
    full: full.map(({ milliseconds }) => milliseconds),
    ways: Object.fromEntries(measured) as Record<Name, WayMeasured>,
  };
}

interface Opened {
  readonly plain: Decoder;
  readonly adaptive: AdaptiveDecoder;
}

async function openBoth(
  model: StoredModel,
  exits: Exits,
  options: { readonly threads?: number; readonly maxLength: number; readonly spin: boolean },
  plainFirst: boolean,
): Promise<Opened> {
  const opened: { plain?: Decoder; adaptive?: AdaptiveDecoder } = {};
  const openers = [
    async () => {
      opened.plain = await Decoder.open(model, options);
    },
    async () => {
      opened.adaptive = await AdaptiveDecoder.open(model, exits, options);
    },
  ];
  try {
    for (const open of plainFirst ? openers : openers.reverse()) await open();
    return opened as Opened;
  } catch (error) {
    opened.plain?.dispose();
    opened.adaptive?.dispose();
    throw error;
  }
}

async function runPlain(plain: Decoder, prompt: readonly number[]): Promise<Run> {
  plain.rewind(0);
  const ids = [argmax((await plain.extend(prompt)).data as Float32Array)];
  const begin = performance.now();
  while (ids.length <= TOKENS) ids.push(argmax((await plain.extend([ids.at(-1)!])).data as Float32Array));
  return { milliseconds: (performance.now() - begin) / TOKENS, ids, tokens: [] };
}

async function runWay(adaptive: AdaptiveDecoder, prompt: readonly number[], way: Way): Promise<Run> {
  adaptive.rewind(0);
  const tokens: AnsweredToken[] = [];
  let begin = 0;
  for await (const token of adaptiveTokens(adaptive, prompt, { ...way, maxTokens: TOKENS + 1 })) {
    if (tokens.length === 0) begin = performance.now();
    tokens.push(token);
  }
  return { milliseconds: (performance.now() - begin) / TOKENS, ids: tokens.map(({ id }) => id), tokens };
}

function wayOf(runs: readonly Run[], full: readonly Run[], prompts: readonly (readonly number[])[]): WayMeasured {
  // The first token comes of reading the prompt.
  const steps = runs.flatMap(({ tokens }) => tokens.slice(1));
  const share = (kind: StepKind) => steps.filter((step) => step.kind === kind).length / steps.length;
  const same = runs.map(({ ids }, i) => {
    const whole = full[i].ids;
    const parted = ids.findIndex((id, t) => id !== whole[t]);
    return (parted < 0 ? whole.length : parted) / whole.length;
  });
  return {
    milliseconds: runs.map(({ milliseconds }) => milliseconds),
    kinds: { exit: share('exit'), shortlist: share('shortlist'), full: share('full') },
    sameTokens: mean(same),
    samples: runs.slice(0, SAMPLES).map(({ ids, tokens }, i) => ({
      prompt: prompts[i],
      ids,
      layers: tokens.map(({ layers }) => layers),
    })),
  };
}
