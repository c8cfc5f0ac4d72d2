/** What the model says to the user's own prompts: before, and at each checkpoint since. */
import { ActionIcon, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import type { Sample } from '../job-feed.ts';
import styles from './samples.module.css';

interface Props {
  readonly samples: readonly Sample[];
  readonly prompts: readonly string[];
}

/** Moments that fit into the head of the card; older ones are left out. */
const MOMENTS = 5;
const nameOf = ({ moment, step }: Sample): string => (moment === 'after' ? 'After' : `Step ${step}`);

export function Samples({ samples, prompts }: Props) {
  const all = [...new Set([...prompts, ...samples.map(({ prompt }) => prompt)])];
  const [index, setIndex] = useState(0);
  const [chosen, setChosen] = useState<string>();
  const prompt = all[Math.min(index, all.length - 1)] ?? '';
  const before = samples.find((s) => s.moment === 'before' && s.prompt === prompt);
  const later = samples.filter((s) => s.moment !== 'before' && s.prompt === prompt).slice(-MOMENTS);
  const shown = later.find((s) => nameOf(s) === chosen) ?? later.at(-1);
  return (
    <Card
      title="Samples"
      sub={`prompt ${Math.min(index, all.length - 1) + 1} of ${all.length}`}
      label="Samples"
      actions={
        <>
          {later.length > 1 && shown !== undefined && (
            <SegmentedControl
              size="xs"
              aria-label="Moment"
              value={nameOf(shown)}
              onChange={setChosen}
              data={[...new Set(later.map(nameOf))]}
            />
          )}
          {all.length > 1 && (
            <ActionIcon aria-label="Next prompt" onClick={() => setIndex((index + 1) % all.length)}>
              <Icon name="cr" />
            </ActionIcon>
          )}
        </>
      }
    >
      <p className={styles.prompt}>
        <span className="t3">Prompt</span> <b>{prompt}</b>
      </p>
      <div className={styles.pair}>
        <Said title="Before" text={before?.text} className={styles.before} waiting="Answered before the first step." />
        <Said
          title={shown === undefined ? 'After' : nameOf(shown)}
          text={shown?.text}
          className={styles.after}
          waiting="Answered at the first checkpoint."
        />
      </div>
    </Card>
  );
}

interface SaidProps {
  readonly title: string;
  readonly text: string | undefined;
  readonly className: string;
  readonly waiting: string;
}

const Said = ({ title, text, className, waiting }: SaidProps) => (
  <div className={className}>
    <div className={styles.title}>{title}</div>
    {text === undefined ? <p className="t3">{waiting}</p> : <p className={styles.text}>{text.trim() || '(nothing)'}</p>}
  </div>
);
