/** The questions and what each version said, in columns of their own; follows the end until one scrolls up. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { shortNumber } from '../../format/number.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { LayeredText } from '../../ui/layered-text.tsx';
import { Certainty } from './certainty.tsx';
import type { Reply } from './conversation.ts';
import styles from './turns.module.css';
import type { Playing } from './use-conversation.ts';

interface Props {
  readonly models: readonly string[];
  readonly playing: Playing;
}

export function Turns({ models, playing }: Props) {
  const { conversation, busy, regenerate } = playing;
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new text moves the end
  useEffect(() => {
    const element = box.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [conversation]);
  return (
    <div
      ref={box}
      className={styles.turns}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      role="log"
      aria-label="Messages"
      aria-live="off"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        follows.current = scrollTop + clientHeight >= scrollHeight - 32;
      }}
    >
      {conversation.length === 0 && (
        <EmptyState
          icon="chat"
          title={models.length > 1 ? 'Ask once, and both versions answer.' : 'Ask it something.'}
          example="Answers stream in with their speed. Regenerate with the same seed gives the same text."
        />
      )}
      {conversation.map(({ question, replies }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added at the end
        <div key={index} className={styles.turn}>
          <div className={styles.question}>
            <p>{question}</p>
            <Tooltip label="Again with the same seed: the same text">
              <ActionIcon
                aria-label="Regenerate with the same seed"
                disabled={busy}
                onClick={() => regenerate(index, true)}
              >
                <Icon name="reset" />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Again with a fresh seed: another text">
              <ActionIcon
                aria-label="Regenerate with a fresh seed"
                disabled={busy}
                onClick={() => regenerate(index, false)}
              >
                <Icon name="plus" />
              </ActionIcon>
            </Tooltip>
          </div>
          <div className={styles.replies}>
            {models.map((model) => (
              <Said key={model} model={model} reply={replies[model]} several={models.length > 1} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}

interface SaidProps {
  readonly model: string;
  readonly reply: Reply | undefined;
  readonly several: boolean;
}

function Said({ model, reply, several }: SaidProps) {
  return (
    <article className={styles.reply} aria-label={`Answer of ${model}`} aria-busy={reply?.state === 'writing'}>
      {several && <div className={styles.who}>{model}</div>}
      {reply === undefined ? (
        <p className="t3">{several ? 'Waits for its turn, so that each has the whole machine.' : 'Not asked yet.'}</p>
      ) : (
        <>
          {reply.text === '' && reply.state === 'writing' ? (
            <p className="t3">Reading</p>
          ) : reply.certainty ? (
            <Certainty tokens={reply.certainty} />
          ) : (
            <p className={styles.text}>
              {reply.layers ? (
                <LayeredText pieces={reply.layers.pieces} layers={reply.layers.all} />
              ) : (
                reply.text.trimStart()
              )}
            </p>
          )}
          {reply.error !== undefined && <ErrorNote error={{ code: 'unknown', hint: '', ...reply.error }} />}
          <p className={styles.facts}>{factsOf(reply)}</p>
        </>
      )}
    </article>
  );
}

function factsOf({ state, tokens, tokensPerSecond, timeToFirstTokenMs, layers, answeredBy, seed }: Reply): string {
  const parts = [
    tokensPerSecond === undefined ? undefined : `${shortNumber(tokensPerSecond)} tokens/s`,
    tokens === undefined ? undefined : `${tokens} tokens`,
    timeToFirstTokenMs === undefined ? undefined : `first after ${shortNumber(timeToFirstTokenMs)} ms`,
    layers === undefined ? undefined : `${layers.mean.toFixed(1)} of ${layers.all} layers`,
    answeredBy && `by the ${answeredBy} model`,
    state === 'stopped' ? 'stopped' : undefined,
    `seed ${seed}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
