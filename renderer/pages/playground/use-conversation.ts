/** Holds a conversation and streams answers into it, one version after the other so that each has the whole machine. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { engine } from '../../client/client.ts';
import { failureOf } from '../../client/failure.ts';
import { ask, beginReply, type Conversation, freshSeed, messagesFor, type Reply, updateReply } from './conversation.ts';
import { type AnswerForm, formRequest } from './form.ts';
import type { Sampling } from './sampling.ts';

/** Text is gathered this long: a hundred tokens a second need no hundred pictures a second. */
const PACE_MS = 60;

export interface Playing {
  readonly conversation: Conversation;
  /** An answer is being written. */
  readonly busy: boolean;
  readonly send: (question: string) => void;
  /** The same question again: with the same seed the same text, with a fresh one another. */
  readonly regenerate: (index: number, sameSeed: boolean) => void;
  readonly stop: () => void;
  readonly clear: () => void;
}

interface Setting {
  readonly models: readonly string[];
  readonly system: string;
  readonly sampling: Sampling;
  readonly form: AnswerForm;
  /** undefined: a fresh one for each answer. */
  readonly seed: number | undefined;
  /** For adaptive models at temperature 0, from fast (0) to careful (1); undefined: what was proved. */
  readonly threshold: number | undefined;
}

export function useConversation(setting: Setting): Playing {
  const [conversation, setConversation] = useState<Conversation>([]);
  const [busy, setBusy] = useState(false);
  const latest = useRef<Conversation>([]);
  const abort = useRef<AbortController | undefined>(undefined);
  const now = useRef(setting);
  now.current = setting;

  const put = useCallback((next: Conversation) => {
    latest.current = next;
    setConversation(next);
  }, []);

  useEffect(() => () => abort.current?.abort(), []);

  const answer = useCallback(
    async (index: number, modelId: string, seed: number, signal: AbortSignal) => {
      const { system, sampling, form, threshold } = now.current;
      const messages = messagesFor(latest.current, modelId, index, system);
      put(beginReply(latest.current, index, modelId, seed));
      const change = (to: (reply: Reply) => Reply) => put(updateReply(latest.current, index, modelId, to));
      let gathered = '';
      let timer: number | undefined;
      const flush = () => {
        window.clearTimeout(timer);
        timer = undefined;
        if (gathered === '') return;
        const text = gathered;
        gathered = '';
        change((reply) => ({ ...reply, text: reply.text + text }));
      };
      try {
        const request = { modelId, messages, ...sampling, ...formRequest(form), seed, threshold };
        for await (const piece of await engine.playground.chat(request, { signal })) {
          if (piece.kind === 'text') {
            gathered += piece.text;
            timer ??= window.setTimeout(flush, PACE_MS);
          } else if (piece.kind === 'done') {
            flush();
            const { kind: _, stop: __, promptTokens: ___, ...found } = piece;
            change((reply) => ({ ...reply, ...found, state: 'done' }));
          }
        }
        flush();
        change((reply) => (reply.state === 'writing' ? { ...reply, state: 'stopped' } : reply));
      } catch (error) {
        flush();
        change((reply) =>
          signal.aborted ? { ...reply, state: 'stopped' } : { ...reply, state: 'failed', error: failureOf(error) },
        );
      }
    },
    [put],
  );

  const answerAll = useCallback(
    async (index: number, seeds: (modelId: string) => number) => {
      abort.current?.abort();
      const own = new AbortController();
      abort.current = own;
      setBusy(true);
      for (const modelId of now.current.models) {
        if (own.signal.aborted) break;
        await answer(index, modelId, seeds(modelId), own.signal);
      }
      if (abort.current === own) setBusy(false);
    },
    [answer],
  );

  const send = useCallback(
    (question: string) => {
      put(ask(latest.current, question));
      // Both versions get the same seed, or the difference would be the dice's.
      const seed = now.current.seed ?? freshSeed();
      void answerAll(latest.current.length - 1, () => seed);
    },
    [answerAll, put],
  );

  const regenerate = useCallback(
    (index: number, sameSeed: boolean) => {
      const fresh = freshSeed();
      const known = latest.current[index]?.replies ?? {};
      void answerAll(index, (modelId) => (sameSeed ? (known[modelId]?.seed ?? fresh) : fresh));
    },
    [answerAll],
  );

  const stop = useCallback(() => {
    abort.current?.abort();
    setBusy(false);
  }, []);
  const clear = useCallback(() => {
    stop();
    put([]);
  }, [put, stop]);

  return { conversation, busy, send, regenerate, stop, clear };
}
