/** A box for a text, and what a classifier says of it. */
import { Button, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { shortNumber } from '../format/number.ts';
import { Card } from './card.tsx';
import { ErrorNote } from './error-note.tsx';
import styles from './try-classifier.module.css';

/** Classes that are shown, the likeliest first. */
const SHOWN = 6;

export function TryClassifier({ model, example }: { readonly model: string; readonly example?: string }) {
  const [text, setText] = useState('');
  const ask = useMutation({ mutationFn: (asked: string) => engine.models.classify({ id: model, texts: [asked] }) });
  const answer = ask.data;
  const [result] = answer?.results ?? [];
  const ranked = answer?.labels.map((label, i) => ({ label, value: result.outputs[i] })) ?? [];
  if (answer?.problem !== 'regression') ranked.sort((a, b) => b.value - a.value);
  return (
    <Card title="Try it" sub="a text of your own" label="Try it">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const asked = text.trim() || example;
          if (asked) ask.mutate(asked);
        }}
      >
        <Textarea
          aria-label="Text to classify"
          placeholder={example ?? 'Write or paste a text'}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
        />
        <div>
          <Button type="submit" variant="filled" loading={ask.isPending} disabled={!text.trim() && !example}>
            Classify
          </Button>
        </div>
      </form>
      {ask.isError && <ErrorNote error={ask.error} />}
      {answer && (
        <div className={styles.answer} aria-live="polite">
          {ranked.slice(0, SHOWN).map(({ label, value }) =>
            answer.problem === 'regression' ? (
              <p key={label}>
                {label} <b>{shortNumber(value)}</b>
              </p>
            ) : (
              <Bar key={label} label={label} value={value} />
            ),
          )}
          <p className="t3 f12">
            {result.tokens} tokens in {shortNumber(answer.milliseconds)} ms{result.cut ? ', the end was cut' : ''}
          </p>
        </div>
      )}
    </Card>
  );
}

const Bar = ({ label, value }: { readonly label: string; readonly value: number }) => (
  <div className={styles.row}>
    <span className="cut" title={label}>
      {label}
    </span>
    <div className={styles.track}>
      <div className={styles.bar} style={{ width: `${100 * value}%` }} />
    </div>
    <span>{(100 * value).toFixed(1)}%</span>
  </div>
);
