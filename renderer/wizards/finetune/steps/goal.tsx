/** What it learns: to write the answers, or which of two answers is better. */
import { Radio } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { Card } from '../../../ui/card.tsx';
import { Note } from '../../../ui/note.tsx';
import { ChoiceCard } from '../../form/choice-card.tsx';
import type { StepProps } from '../../frame/wizard.ts';
import { GOALS, goalOf, withGoal } from '../methods.ts';
import styles from './choices.module.css';

/** As the engine calls rows of a prompt with a chosen and a rejected answer. */
const PAIRS = 'preference';

export function GoalCard({ form, change }: Pick<StepProps, 'form' | 'change'>) {
  const id = form.dataset?.id ?? '';
  const dataset = useQuery({
    queryKey: ['datasets', 'get', id],
    queryFn: () => engine.datasets.get({ id }),
    enabled: id !== '',
  });
  const goal = goalOf(form.options);
  const format = dataset.data?.format;
  const wrong = format !== undefined && (format === PAIRS) !== (goal !== 'likelihood');
  return (
    <Card title="What should it learn?" label="Goal">
      <Radio.Group
        aria-label="Goal"
        value={goal}
        onChange={(value) => change({ options: withGoal(form.options, value) })}
      >
        <div className={styles.list}>
          {GOALS.map(({ value, title, words }) => (
            <ChoiceCard key={value} value={value} title={title} chosen={goal === value} columns={styles.choice}>
              <span className="t2">{words}</span>
            </ChoiceCard>
          ))}
        </div>
      </Radio.Group>
      {wrong && (
        <div className={styles.note}>
          <Note
            tone="warn"
            title={goal === 'likelihood' ? 'These rows hold two answers each' : 'These rows hold no pairs of answers'}
          >
            {goal === 'likelihood'
              ? 'Only the better one would be learnt. Choose preferences, so that it also learns what to avoid.'
              : 'Preferences need a prompt with a chosen and a rejected answer in every row.'}
          </Note>
        </div>
      )}
    </Card>
  );
}
