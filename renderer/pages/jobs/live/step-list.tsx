/** The steps of a recipe: done, under way, to come. */
import type { JobSummary, StepReport } from '../../../../app/contract/jobs.ts';
import { duration } from '../../../format/time.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon, type IconName } from '../../../ui/icon.tsx';
import { techniqueIcon, techniqueName } from '../../../ui/technique.ts';
import styles from './step-list.module.css';

interface Props {
  readonly job: JobSummary;
  readonly steps: readonly StepReport[];
}

const WORDS: Readonly<Record<StepReport['state'], string>> = {
  waiting: 'to come',
  running: 'under way',
  done: 'done',
  failed: 'failed',
};
const ICONS: Readonly<Record<StepReport['state'], IconName>> = {
  waiting: 'dots',
  running: 'play',
  done: 'check',
  failed: 'warn',
};
const TONES: Readonly<Record<StepReport['state'], string>> = {
  waiting: 't3',
  running: 't2',
  done: 'good',
  failed: 'bad',
};

export const StepList = ({ job, steps }: Props) => (
  <Card label="Steps of the recipe" flush>
    <ol className={styles.steps}>
      {steps.map((step, index) => {
        const state =
          step.state === 'waiting' && index === job.step && job.state === 'running' ? 'running' : step.state;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a recipe's steps never change places
          <li key={index} aria-current={state === 'running' ? 'step' : undefined}>
            <Icon name={techniqueIcon(step.name)} />
            <b>{techniqueName(step.name)}</b>
            <span className={`${TONES[state]} row f12`}>
              <Icon name={ICONS[state]} size={14} />
              {WORDS[state]}
              {step.startedAt !== undefined &&
                step.finishedAt !== undefined &&
                `, ${duration((step.finishedAt - step.startedAt) / 1000)}`}
            </span>
          </li>
        );
      })}
    </ol>
  </Card>
);
