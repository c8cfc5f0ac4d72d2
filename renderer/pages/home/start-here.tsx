/** The whole path on the starter model, one step after the other or all with one click. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getStarter } from '../../app/get-starter.ts';
import { runDemo } from '../../app/run-demo.ts';
import { engine } from '../../client/client.ts';
import { Card } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { attempt } from '../../ui/notify.tsx';
import styles from './home.module.css';
import { pathSteps } from './path-steps.ts';

export function StartHere() {
  const [busy, setBusy] = useState(false);
  const { data } = useQuery({
    queryKey: ['models', 'start here'],
    queryFn: async () => ({
      models: (await engine.models.list({ limit: 200 })).items,
      exports: (await engine.exports.list({ limit: 1 })).total,
    }),
  });
  const steps = pathSteps(data?.models ?? [], data?.exports ?? 0);
  const next = steps.findIndex(({ done }) => !done);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    await attempt(work);
    setBusy(false);
  };
  return (
    <Card title="Start here" sub="the whole path on a small model">
      <ol className={styles.steps}>
        {steps.map(({ title, text, to, done }, index) => (
          <li key={title}>
            <span
              className={
                done
                  ? `${styles.number} ${styles.done}`
                  : index === next
                    ? `${styles.number} ${styles.next}`
                    : styles.number
              }
            >
              {done ? <Icon name="check" size={14} title="Done" /> : index + 1}
            </span>
            <div>
              {to === undefined ? (
                <button type="button" className={styles.stepLink} onClick={() => void run(getStarter)}>
                  {title}
                </button>
              ) : (
                <a className={styles.stepLink} href={`#${to}`}>
                  {title}
                </a>
              )}
              <p className="t2 f12">{text}</p>
            </div>
            <span className={styles.when}>{done ? 'done' : ''}</span>
          </li>
        ))}
      </ol>
      <Button
        className={styles.demo}
        variant="outline"
        loading={busy}
        leftSection={<Icon name="play" />}
        onClick={() => void run(runDemo)}
      >
        Run the starter demo
      </Button>
    </Card>
  );
}
