/** Where in the wizard one is; finished steps can be gone back to. */
import { Fragment } from 'react';
import { Icon } from '../../ui/icon.tsx';
import styles from './stepper.module.css';
import type { WizardStep } from './wizard.ts';

interface Props {
  readonly steps: readonly WizardStep[];
  readonly current: number;
  /** The first step that still misses something: those before it can be opened. */
  readonly reachable: number;
  readonly open: (index: number) => void;
}

export const Stepper = ({ steps, current, reachable, open }: Props) => (
  <nav aria-label="Steps" className={styles.stepper}>
    {steps.map((step, index) => (
      <Fragment key={step.id}>
        {index > 0 && <span className={styles.line} aria-hidden />}
        <button
          type="button"
          className={`${styles.step} ${index === current ? styles.current : ''}`}
          aria-current={index === current ? 'step' : undefined}
          disabled={index > reachable}
          onClick={() => open(index)}
        >
          <span className={`${styles.number} ${index < current ? styles.done : ''}`}>
            {index < current ? <Icon name="check" size={14} title="Done" /> : index + 1}
          </span>
          {step.title}
        </button>
      </Fragment>
    ))}
  </nav>
);
