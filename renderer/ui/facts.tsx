/** Names and values in rows. */
import type { ReactNode } from 'react';
import styles from './facts.module.css';

interface Props {
  readonly facts: readonly (readonly [name: string, value: ReactNode] | undefined)[];
}

export const Facts = ({ facts }: Props) => (
  <dl className={styles.facts}>
    {facts.map(
      (fact) =>
        fact !== undefined && (
          <div key={fact[0]} className={styles.fact}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ),
    )}
  </dl>
);
