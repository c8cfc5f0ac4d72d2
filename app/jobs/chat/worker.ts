/** Holds one model and answers with it, one question after the other. */

import type { TokenCertainty } from '../../contract/playground.ts';
import { type AdaptiveWriter, exitsToFollow, openExitsWriter } from '../../generate/adaptive-text.ts';
import { type ChatCascade, cascadeToFollow, withSmall } from '../../generate/cascade-text.ts';
import { schemaConstraint } from '../../generate/constrain/written-constraint.ts';
import { Decoder } from '../../generate/decoder.ts';
import { generateText } from '../../generate/generate.ts';
import type { LogProbabilities } from '../../generate/log-probabilities.ts';
import { Speaker } from '../../generate/speaker.ts';
import { type ChatTemplate, findChatTemplate } from '../../models/chat-template.ts';
import { draftsBy, type RunSettings, storedSettings, withFlags } from '../../models/run-profile.ts';
import { openStored } from '../../models/stored.ts';
import { tokenBytes } from '../../models/token-bytes.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { OpenedOnce } from '../../runtime/opened-once.ts';
import { failureOf } from '../failure.ts';
import { endWithParent } from '../parent-watch.ts';
import type { ChatRequest, FromChat, Running, ToChat } from './messages.ts';

interface Loaded {
  readonly decoder: Decoder;
  readonly settings: RunSettings;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
  /** Opened when it is first asked for; undefined where exits cannot or need not answer. */
  readonly writer: (request: ChatRequest) => Promise<AdaptiveWriter | undefined>;
  /** As `writer`, of a folder that holds a smaller model to be asked first. */
  readonly cascade: (request: ChatRequest) => Promise<ChatCascade | undefined>;
}

let loaded: Promise<Loaded> | undefined;
/** One generation at a time: the cache is one. */
let turn: Promise<void> = Promise.resolve();
const stops = new Map<number, AbortController>();

const send = (message: FromChat): void => {
  if (process.connected) process.send?.(message);
};

async function load(model: string, running: Running): Promise<Loaded> {
  const [tokenizer, template, stored, settings] = await Promise.all([
    loadTokenizer(model),
    findChatTemplate(model),
    openStored(model),
    storedSettings(model),
  ]);
  const decoder = await Decoder.open(stored, withFlags(settings, running));
  const { threads } = running;
  const opened = new OpenedOnce<AdaptiveWriter>();
  const writer = async (request: ChatRequest) => {
    const note = await exitsToFollow(model, request, request.threshold);
    return note && opened.get(() => openExitsWriter(model, note, { threads, maxLength: decoder.maxLength }));
  };
  const openedSmall = new OpenedOnce<ChatCascade>();
  const cascade = async (request: ChatRequest) => {
    const note = await cascadeToFollow(model, request, request.threshold);
    if (!note || !template) return undefined;
    return openedSmall.get(() => withSmall(model, new Speaker(decoder, tokenizer, template), note, { threads }));
  };
  return { tokenizer, template, settings, decoder, writer, cascade };
}

/** Likeliest tokens that are shown beside the one that came. */
const SHOWN_TOP = 5;

/** Tokens may end inside a character: what is whole of them is shown. */
function certaintyOf({ id, logProbability, top }: LogProbabilities, tokenizer: Tokenizer): TokenCertainty {
  const bytesOf = tokenBytes(tokenizer);
  const named = (one: number) => Buffer.from(bytesOf(one)).toString('utf8') || (tokenizer.idToToken(one) ?? '');
  return {
    text: Buffer.from(bytesOf(id)).toString('utf8'),
    logProbability,
    top: top.map((one) => ({ text: named(one.id), logProbability: one.logProbability })),
  };
}

async function answer(id: number, request: ChatRequest, signal: AbortSignal) {
  const { messages, maxTokens, threshold, schema, certainty: asked, ...sampling } = request;
  const { decoder, tokenizer, template, settings, writer, cascade } = await loaded!;
  signal.throwIfAborted();
  // Without a template the texts follow one another, as a base model continues them.
  const prompt = template
    ? template.render({ messages: messages.map((m) => ({ ...m })) }, { generationPrompt: true })
    : messages.map(({ content }) => content).join('\n');
  const ids = tokenizer.encode(prompt, { special: !template });
  const tokens: TokenCertainty[] = [];
  const constraint = schema === undefined ? undefined : schemaConstraint(schema, tokenizer);
  const certainty = asked
    ? { top: SHOWN_TOP, onToken: (token: LogProbabilities) => tokens.push(certaintyOf(token, tokenizer)) }
    : undefined;
  const whole = constraint !== undefined || certainty !== undefined;
  const speculate = !whole && (await draftsBy(settings, sampling, decoder));
  const options = { ...sampling, speculate, maxTokens, stopIds: tokenizer.stopIds, signal };
  const show = (text: string) => send({ kind: 'text', id, text });
  // Neither small models nor exits keep to a form, and their certainty is another.
  const both = whole ? undefined : await cascade(request);
  const cascaded = await both?.answer(messages, { ...options, threshold }, show);
  const exits = whole || both ? undefined : await writer(request);
  const adaptive = await exits?.write(tokenizer, ids, { ...options, threshold }, show);
  const result =
    cascaded ?? adaptive ?? (await generateText(decoder, tokenizer, ids, { ...options, constraint, certainty }, show));
  const full = result.ids.length >= maxTokens || ids.length + result.ids.length >= decoder.maxLength;
  send({
    kind: 'done',
    id,
    memoryBytes: process.memoryUsage.rss(),
    done: {
      text: result.text,
      tokens: result.ids.length,
      promptTokens: result.promptTokens,
      tokensPerSecond: result.decodeTokensPerSecond,
      timeToFirstTokenMs: result.timeToFirstTokenMs,
      stop: full ? 'length' : 'end',
      ...(adaptive ? { layers: { all: adaptive.layers, mean: adaptive.meanLayersUsed, pieces: adaptive.pieces } } : {}),
      ...(cascaded ? { answeredBy: cascaded.stage === 1 ? ('small' as const) : ('large' as const) } : {}),
      ...(asked ? { certainty: tokens.slice(0, result.ids.length) } : {}),
    },
  });
}

endWithParent(() => process.exit(0));
process.on('message', (message: ToChat) => {
  if (message.kind === 'stop') stops.get(message.id)?.abort(new Error('stopped'));
  else if (message.kind === 'load') {
    loaded = load(message.model, message.running);
    loaded.then(
      () => send({ kind: 'loaded', memoryBytes: process.memoryUsage.rss() }),
      (error) => send({ kind: 'failed', failure: failureOf(error) }),
    );
  } else {
    const { id, request } = message;
    const stop = new AbortController();
    stops.set(id, stop);
    turn = turn
      .then(() => answer(id, request, stop.signal))
      .catch((error) => {
        if (!stop.signal.aborted) send({ kind: 'failed', id, failure: failureOf(error) });
      })
      .finally(() => stops.delete(id));
  }
});
