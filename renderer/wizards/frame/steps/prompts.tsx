/** The user's own prompts: answered before and after, shown side by side in the result. */
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Icon } from '../../../ui/icon.tsx';
import type { StepProps } from '../wizard.ts';
import styles from './prompts.module.css';
import { questionsOf } from './questions.ts';

/** The contract takes this many. */
const MOST = 10;
const FROM_DATA = 3;

export function Prompts({ form, change }: Pick<StepProps, 'form' | 'change'>) {
  const { prompts, dataset } = form;
  const [text, setText] = useState('');
  const take = useMutation({
    mutationFn: async (id: string) => {
      // From the middle on: neighbours in a file are often variations of one question.
      const { total } = await engine.datasets.preview({ id, limit: 1 });
      const places = Array.from({ length: FROM_DATA }, (_, i) => Math.floor(((i + 0.5) * total) / FROM_DATA));
      const pages = await Promise.all(places.map((offset) => engine.datasets.preview({ id, offset, limit: 1 })));
      return questionsOf(pages.flatMap(({ rows }) => rows.map(({ value }) => value)));
    },
    onSuccess: (questions) => add(questions),
  });
  function add(more: readonly string[]): void {
    change({ prompts: [...new Set([...prompts, ...more.map((p) => p.trim()).filter(Boolean)])].slice(0, MOST) });
  }
  return (
    <section className={styles.prompts} aria-label="Your prompts">
      <div className={styles.head}>
        <h2>Your prompts</h2>
        <span className="t3 f12 grow">answered before and after, so that you can see what changed</span>
        {dataset !== undefined && prompts.length < MOST && (
          <Button size="xs" loading={take.isPending} onClick={() => take.mutate(dataset.id)}>
            Take {FROM_DATA} from the data
          </Button>
        )}
      </div>
      {prompts.length > 0 && (
        <ul className={styles.list}>
          {prompts.map((prompt) => (
            <li key={prompt} className={styles.prompt}>
              <span className="grow cut">{prompt}</span>
              <ActionIcon
                aria-label={`Remove the prompt ${prompt}`}
                onClick={() => change({ prompts: prompts.filter((p) => p !== prompt) })}
              >
                <Icon name="x" size={14} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {prompts.length < MOST && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            add([text]);
            setText('');
          }}
        >
          <TextInput
            className="grow"
            aria-label="A prompt of your own"
            placeholder="My parcel has not arrived and I am upset."
            maxLength={4000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" disabled={text.trim() === ''}>
            Add prompt
          </Button>
        </form>
      )}
      {take.isError && <ErrorNote error={take.error} />}
    </section>
  );
}
