/** What chat and plain completions share: from the fields of a request to running sequences, and their answers. */
import { randomInt, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { thresholdsOf } from '../../generate/adaptive-text.ts';
import type { BatchRequest, BatchRun, Constraint } from '../../generate/batch/sequence.ts';
import type { Message } from '../../models/chat-template.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import { type Answer, type Piece, readAnswer } from './answer.ts';
import { ApiError, asApiError } from './api-error.ts';
import { EventStream } from './event-stream.ts';
import type { Load } from './load.ts';
import type { SamplingFields } from './requests.ts';
import type { ServedModel } from './served-model.ts';

/** One request being answered. */
export interface Exchange {
  readonly model: ServedModel;
  readonly load: Load;
  readonly response: ServerResponse;
  /** Fires when the client leaves. */
  readonly signal: AbortSignal;
}

export interface Generation {
  readonly fields: SamplingFields;
  readonly prompts: readonly (readonly number[])[];
  /** Of a chat: what a cascade's small model is asked. */
  readonly messages?: readonly Message[];
  readonly maxTokens: number;
  readonly stopIds: readonly number[];
  readonly logProbabilities: number | undefined;
  /** A new one for each sequence. */
  readonly constraint?: () => Constraint;
}

/** How an answer is written. */
export interface Form {
  readonly idPrefix: string;
  readonly object: string;
  readonly chunkObject: string;
  choice(answer: Answer, index: number): object;
  /** The first event of a choice, if any. */
  begin?(index: number): object;
  /** Undefined where nothing of it is certain yet. */
  piece(piece: Piece, index: number): object | undefined;
  /** What was not certain before the end. */
  rest?(index: number): object | undefined;
  end(answer: Answer, index: number): object;
}

export async function generate(exchange: Exchange, generation: Generation, form: Form): Promise<void> {
  const { model, load, response } = exchange;
  const { fields } = generation;
  const begun = performance.now();
  // One client's sequences end together.
  const stop = new AbortController();
  const signal = AbortSignal.any([exchange.signal, stop.signal]);
  const requests = requestsOf(generation, model.speculates, signal);
  const head = { id: `${form.idPrefix}-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model: model.id };
  try {
    const runs = await begin(model, generation, requests);
    let first = true;
    const onToken = () => {
      load.token();
      if (first) load.firstToken.add((performance.now() - begun) / 1000);
      first = false;
    };
    const read = async (index: number, onPiece?: (piece: Piece) => void): Promise<Answer> => {
      const { run, tokenizer, answeredBy } = runs[index];
      const answer = await readAnswer(run, tokenizer, fields.stop, onToken, onPiece);
      if (answeredBy) load.givenBy(answeredBy);
      return { ...answer, answeredBy };
    };
    const usage = (answers: readonly Answer[]) => {
      // Several answers to one prompt share it.
      const each = runs.filter((_, index) => index % (fields.n ?? 1) === 0);
      const promptTokens = each.reduce((sum, run) => sum + run.promptTokens, 0);
      const completionTokens = answers.reduce((sum, { count }) => sum + count, 0);
      return {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
        prompt_tokens_details: { cached_tokens: runs.reduce((sum, { run }) => sum + run.cachedTokens, 0) },
      };
    };
    if (!fields.stream) {
      const answers = await Promise.all(runs.map((_, index) => read(index)));
      const choices = answers.map(form.choice);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...head, object: form.object, choices, usage: usage(answers) }));
      return;
    }
    const events = new EventStream(response);
    const wantsUsage = fields.stream_options?.include_usage === true;
    const send = (choice: object | undefined) =>
      choice &&
      events.send({ ...head, object: form.chunkObject, choices: [choice], ...(wantsUsage ? { usage: null } : {}) });
    const follow = async (index: number): Promise<Answer> => {
      if (form.begin) send(form.begin(index));
      const answer = await read(index, (piece) => send(form.piece(piece, index)));
      send(form.rest?.(index));
      send(form.end(answer, index));
      return answer;
    };
    try {
      const answers = await Promise.all(runs.map((_, index) => follow(index)));
      if (wantsUsage) events.send({ ...head, object: form.chunkObject, choices: [], usage: usage(answers) });
    } catch (error) {
      // The status is sent already.
      if (!exchange.signal.aborted) events.send(asApiError(error).body);
    }
    events.end();
  } finally {
    stop.abort(new Error('the request is over'));
    load.duration.add((performance.now() - begun) / 1000);
  }
}

interface Begun {
  readonly run: BatchRun;
  readonly tokenizer: Tokenizer;
  readonly promptTokens: number;
  /** Of a cascade. */
  readonly answeredBy?: 'small' | 'large';
}

/**
 * Into the batch; where a threshold is asked for, to the exits one after the other; to a cascade's small model first.
 * @throws ApiError where the threshold goes with nothing else that is asked for
 */
async function begin(
  model: ServedModel,
  { fields, messages }: Generation,
  requests: readonly BatchRequest[],
): Promise<Begun[]> {
  const threshold = fields.threshold ?? undefined;
  const greedy = requests.every(isPlainGreedy);
  if (threshold !== undefined && !greedy) {
    const text =
      'exits and cascades answer greedily: threshold goes with temperature 0, without penalties, forms and log-probabilities';
    throw new ApiError(400, 'invalid_value', text, 'threshold');
  }
  const begun = (request: BatchRequest, run: BatchRun) => ({
    run,
    tokenizer: model.tokenizer,
    promptTokens: request.prompt.length,
  });
  const { small } = model;
  if (small && messages && greedy) {
    return Promise.all(
      requests.map(async (request) => {
        const answer = await small.answer(messages, { ...request, stop: fields.stop }, threshold);
        if (answer) return { ...answer, answeredBy: 'small' as const };
        return { ...begun(request, model.generating.submit(request)), answeredBy: 'large' as const };
      }),
    );
  }
  if (threshold === undefined) return requests.map((request) => begun(request, model.generating.submit(request)));
  const { note, queue } = await model.stopping();
  return requests.map((request) =>
    begun(request, queue.submit({ ...request, thresholds: thresholdsOf(note, threshold) })),
  );
}

const isPlainGreedy = (request: BatchRequest): boolean =>
  request.temperature === 0 &&
  request.repetitionPenalty === 1 &&
  request.frequencyPenalty === 0 &&
  request.presencePenalty === 0 &&
  request.logitBias === undefined &&
  request.logProbabilities === undefined &&
  request.constraint === undefined;

function requestsOf(
  { fields, prompts, maxTokens, ...rest }: Generation,
  speculate: boolean,
  signal: AbortSignal,
): BatchRequest[] {
  const seed = fields.seed === null || fields.seed === undefined ? randomInt(2 ** 31) : Math.abs(fields.seed);
  const bias = Object.entries(fields.logit_bias ?? {}).map(([id, value]) => [Number(id), value] as const);
  return prompts.flatMap((prompt) =>
    Array.from({ length: fields.n ?? 1 }, (_, i) => ({
      prompt,
      maxTokens,
      stopIds: rest.stopIds,
      logProbabilities: rest.logProbabilities,
      constraint: rest.constraint?.(),
      speculate,
      temperature: fields.temperature ?? 1,
      topP: fields.top_p ?? 1,
      topK: fields.top_k ?? 0,
      minP: fields.min_p ?? 0,
      repetitionPenalty: fields.repetition_penalty ?? 1,
      frequencyPenalty: fields.frequency_penalty ?? 0,
      presencePenalty: fields.presence_penalty ?? 0,
      logitBias: bias.length > 0 ? new Map(bias) : undefined,
      seed: seed + i,
      signal,
    })),
  );
}
