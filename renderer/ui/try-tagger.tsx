/** A box for a text, and the tag that a model gives to each of its words. */
import { Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { percentToTenth, shortNumber } from '../format/number.ts';
import { TryCard } from './try-card.tsx';
import styles from './try-tagger.module.css';

/** Of a word that is nothing special. */
const OUTSIDE = 'O';

export function TryTagger({ model, example = '' }: { readonly model: string; readonly example?: string }) {
  const [text, setText] = useState('');
  const ask = useMutation({ mutationFn: (given: string) => engine.models.tag({ id: model, text: given }) });
  const asked = text.trim() || example;
  return (
    <TryCard
      sub="a text of your own"
      action="Tag"
      ready={asked !== ''}
      ask={() => ask.mutate(asked)}
      asked={ask}
      boxes={
        <Textarea
          aria-label="Text to tag"
          placeholder={example || 'Write or paste a text'}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      }
    >
      {ask.data && (
        <>
          <p className={styles.words}>
            {ask.data.words.map(({ word, label, probability }, i) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: a word may come twice
                key={i}
                className={label === OUTSIDE ? undefined : styles.tagged}
                title={`${label}, ${percentToTenth(probability)}`}
              >
                {word}
                {label !== OUTSIDE && <small>{label}</small>}
              </span>
            ))}
          </p>
          <p className="t3 f12">in {shortNumber(ask.data.milliseconds)} ms</p>
        </>
      )}
    </TryCard>
  );
}
