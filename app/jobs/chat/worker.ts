/** Holds one model and answers with it, one question after the other. */
import { Decoder } from '../../generate/decoder.ts';
import { generateText } from '../../generate/generate.ts';
import { type ChatTemplate, findChatTemplate } from '../../models/chat-template.ts';
import { draftsBy, type RunSettings, storedSettings, withFlags } from '../../models/run-profile.ts';
import { openStored } from '../../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { failureOf } from '../failure.ts';
import { endWithParent } from '../parent-watch.ts';
import type { ChatRequest, FromChat, ToChat } from './messages.ts';

interface Loaded {
  readonly decoder: Decoder;
  readonly settings: RunSettings;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
}

let loaded: Promise<Loaded> | undefined;
/** One generation at a time: the cache is one. */
let turn: Promise<void> = Promise.resolve();
const stops = new Map<number, AbortController>();

const send = (message: FromChat): void => {
  if (process.connected) process.send?.(message);
};

async function load(model: string, threads: number | undefined): Promise<Loaded> {
  const [tokenizer, template, stored, settings] = await Promise.all([
    loadTokenizer(model),
    findChatTemplate(model),
    openStored(model),
    storedSettings(model),
  ]);
  return { tokenizer, template, settings, decoder: await Decoder.open(stored, withFlags(settings, { threads })) };
}

async function answer(id: number, { messages, maxTokens, ...sampling }: ChatRequest, signal: AbortSignal) {
  const { decoder, tokenizer, template, settings } = await loaded!;
  signal.throwIfAborted();
  // Without a template the texts follow one another, as a base model continues them.
  const prompt = template
    ? template.render({ messages: messages.map((m) => ({ ...m })) }, { generationPrompt: true })
    : messages.map(({ content }) => content).join('\n');
  const ids = tokenizer.encode(prompt, { special: !template });
  const speculate = draftsBy(settings, sampling, decoder);
  const options = { ...sampling, speculate, maxTokens, stopIds: tokenizer.stopIds, signal };
  const result = await generateText(decoder, tokenizer, ids, options, (text) => send({ kind: 'text', id, text }));
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
    },
  });
}

endWithParent(() => process.exit(0));
process.on('message', (message: ToChat) => {
  if (message.kind === 'stop') stops.get(message.id)?.abort(new Error('stopped'));
  else if (message.kind === 'load') {
    loaded = load(message.model, message.threads);
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
