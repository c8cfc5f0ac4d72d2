/** A model of the library asked at once: a form, what went wrong, what it answered. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Card } from './card.tsx';
import { ErrorNote } from './error-note.tsx';
import styles from './try-card.module.css';

interface Props {
  readonly sub: string;
  /** What the button says. */
  readonly action: string;
  /** Whether there is something to ask. */
  readonly ready: boolean;
  readonly ask: () => void;
  readonly asked: { readonly isPending: boolean; readonly error: Error | null };
  readonly boxes: ReactNode;
  /** The answer, once there is one. */
  readonly children: ReactNode;
}

export const TryCard = ({ sub, action, ready, ask, asked, boxes, children }: Props) => (
  <Card title="Try it" sub={sub} label="Try it">
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) ask();
      }}
    >
      {boxes}
      <div>
        <Button type="submit" variant="filled" loading={asked.isPending} disabled={!ready}>
          {action}
        </Button>
      </div>
    </form>
    {asked.error !== null && <ErrorNote error={asked.error} />}
    {children && (
      <div className={styles.answer} aria-live="polite">
        {children}
      </div>
    )}
  </Card>
);
