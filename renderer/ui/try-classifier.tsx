/** A box for a text, and what a classifier says of it. */
import { Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { percentToTenth, shortNumber } from '../format/number.ts';
import { TryCard } from './try-card.tsx';
import styles from './try-classifier.module.css';

/** Classes that are shown, the likeliest first. */
const SHOWN = 6;

export function TryClassifier({ model, example = '' }: { readonly model: string; readonly example?: string }) {
  const [text, setText] = useState('');
  const ask = useMutation({ mutationFn: (given: string) => engine.models.classify({ id: model, texts: [given] }) });
  const asked = text.trim() || example;
  const answer = ask.data;
  const [result] = answer?.results ?? [];
  const ranked = answer?.labels.map((label, i) => ({ label, value: result.outputs[i] })) ?? [];
  if (answer?.problem !== 'regression') ranked.sort((a, b) => b.value - a.value);
  return (
    <TryCard
      sub="a text of your own"
      action="Classify"
      ready={asked !== ''}
      ask={() => ask.mutate(asked)}
      asked={ask}
      boxes={
        <Textarea
          aria-label="Text to classify"
          placeholder={example || 'Write or paste a text'}
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
      }
    >
      {answer && (
        <>
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
        </>
      )}
    </TryCard>
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
    <span>{percentToTenth(value)}</span>
  </div>
);
