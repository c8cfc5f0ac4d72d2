/** A box for a text, and the tag that a model gives to each of its words. */
import { Button, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { shortNumber } from '../format/number.ts';
import { Card } from './card.tsx';
import { ErrorNote } from './error-note.tsx';
import styles from './try-classifier.module.css';

/** Of a word that is nothing special. */
const OUTSIDE = 'O';

export function TryTagger({ model, example = '' }: { readonly model: string; readonly example?: string }) {
  const [text, setText] = useState('');
  const ask = useMutation({ mutationFn: (asked: string) => engine.models.tag({ id: model, text: asked }) });
  const asked = text.trim() || example;
  return (
    <Card title="Try it" sub="a text of your own" label="Try it">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (asked) ask.mutate(asked);
        }}
      >
        <Textarea
          aria-label="Text to tag"
          placeholder={example || 'Write or paste a text'}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" variant="filled" loading={ask.isPending} disabled={!asked}>
            Tag
          </Button>
        </div>
      </form>
      {ask.isError && <ErrorNote error={ask.error} />}
      {ask.data && (
        <div className={styles.answer} aria-live="polite">
          <p className={styles.words}>
            {ask.data.words.map(({ word, label, probability }, i) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: a word may come twice
                key={i}
                className={label === OUTSIDE ? undefined : styles.tagged}
                title={`${label}, ${(100 * probability).toFixed(1)}%`}
              >
                {word}
                {label !== OUTSIDE && <small>{label}</small>}
              </span>
            ))}
          </p>
          <p className="t3 f12">in {shortNumber(ask.data.milliseconds)} ms</p>
        </div>
      )}
    </Card>
  );
}
