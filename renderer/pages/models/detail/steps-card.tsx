/** The steps that made this version, from its origin to now, each with its settings. */
import type { ModelDetail } from '../../../../app/contract/models.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { techniqueIcon, techniqueName } from '../../../ui/technique.ts';
import styles from './detail.module.css';

/** maxGradNorm -> max grad norm. */
const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Settings that say something: short values only. */
function settings(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .filter(
      ([, value]) =>
        typeof value === 'number' ||
        typeof value === 'boolean' ||
        (typeof value === 'string' && value.length < 40 && !/[\\/]/.test(value)),
    )
    .map(([key, value]) => `${words(key)} ${value === true ? 'on' : value === false ? 'off' : value}`)
    .join(', ');
}

export function StepsCard({ model }: { readonly model: ModelDetail }) {
  return (
    <Card title="How it was made" sub={model.source}>
      {model.steps.length === 0 && <p className="t2">As it came: nothing was done to it yet.</p>}
      <ol className={styles.history}>
        {model.steps.map((step) => (
          <li key={`${step.date} ${step.technique}`}>
            <Icon name={techniqueIcon(step.technique)} />
            <div className="grow">
              <b>{techniqueName(step.technique)}</b>
              <p className="t2 f12">{settings(step.options)}</p>
            </div>
            <time className="t3 f12">{new Date(step.date).toLocaleDateString('en', { dateStyle: 'medium' })}</time>
          </li>
        ))}
      </ol>
      {model.children.length > 0 && (
        <p className={styles.madeFrom}>
          <span className="t2">Made from it: </span>
          {model.children.map((child) => (
            <a key={child} className="link" href={`#/models/${child}`}>
              {child}
            </a>
          ))}
        </p>
      )}
    </Card>
  );
}
