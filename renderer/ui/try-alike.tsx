/** Two boxes for texts, and how alike an encoder finds them. */
import { Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { shortNumber } from '../format/number.ts';
import { TryCard } from './try-card.tsx';

interface Props {
  readonly model: string;
  readonly example?: { readonly text: string; readonly other: string };
}

export function TryAlike({ model, example = { text: '', other: '' } }: Props) {
  const [texts, setTexts] = useState(example);
  const ask = useMutation({ mutationFn: (asked: typeof texts) => engine.models.alike({ id: model, ...asked }) });
  const { text, other } = texts;
  return (
    <TryCard
      sub="two texts of your own"
      action="Compare"
      ready={text.trim() !== '' && other.trim() !== ''}
      ask={() => ask.mutate(texts)}
      asked={ask}
      boxes={(['text', 'other'] as const).map((key) => (
        <Textarea
          key={key}
          aria-label={key === 'text' ? 'One text' : 'Another text'}
          autosize
          minRows={2}
          maxRows={6}
          value={texts[key]}
          onChange={(event) => setTexts({ ...texts, [key]: event.currentTarget.value })}
        />
      ))}
    >
      {ask.data && (
        <>
          <p>
            Cosine <b>{ask.data.cosine.toFixed(3)}</b>
          </p>
          <p className="t3 f12">in {shortNumber(ask.data.milliseconds)} ms; 1: the same, 0: nothing in common</p>
        </>
      )}
    </TryCard>
  );
}
