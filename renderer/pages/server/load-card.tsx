/** What the server is doing now, and how fast it has been in the last two minutes. */
import { useEffect, useState } from 'react';
import type { ApiLoad } from '../../../app/contract/api-server.ts';
import { bytes } from '../../format/bytes.ts';
import { exactNumber, percent } from '../../format/number.ts';
import { duration } from '../../format/time.ts';
import { Card } from '../../ui/card.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Meter } from '../../ui/meter.tsx';
import { kept, linePath } from './rate-line.ts';
import styles from './server.module.css';

interface Props {
  readonly load: ApiLoad | undefined;
  readonly concurrency: number;
}

const WIDTH = 600;
const HEIGHT = 80;

export function LoadCard({ load, concurrency }: Props) {
  const [rates, setRates] = useState<readonly number[]>([]);
  useEffect(() => {
    if (load) setRates((before) => kept([...before, load.tokensPerSecond]));
  }, [load]);
  if (!load)
    return (
      <Card title="Load" sub="it is too busy to say">
        {null}
      </Card>
    );
  const { running, waiting, tokensPerSecond, requests, cancelled, promptTokens, cachedTokens, completionTokens } = load;
  const most = Math.max(...rates, 1);
  return (
    <Card title="Load" sub={`running for ${duration(load.upSeconds)}`}>
      <div className={styles.load}>
        <div className={styles.now}>
          <p className={styles.big}>
            {tokensPerSecond.toFixed(tokensPerSecond < 100 ? 1 : 0)}
            <span className={styles.unit}>tokens/s</span>
          </p>
          <p className="t2">{`${running} of ${concurrency} running, ${waiting} waiting`}</p>
          <Meter share={running / concurrency} label="Requests running" tone={waiting > 0 ? 'warn' : 'progress'} />
        </div>
        <figure className={styles.figure}>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={`Tokens a second in the last two minutes, at most ${most.toFixed(0)}`}
          >
            <path d={linePath(rates, WIDTH, HEIGHT, most)} />
          </svg>
          <figcaption className="t3 f12">{`last two minutes, at most ${most.toFixed(0)} tokens/s`}</figcaption>
        </figure>
      </div>
      <Facts
        facts={[
          ['Answered', exactNumber(requests)],
          ['Left before the end', exactNumber(cancelled)],
          ['Tokens generated', exactNumber(completionTokens)],
          [
            'Tokens of prompts',
            promptTokens === 0
              ? '0'
              : `${exactNumber(promptTokens)}, ${percent(cachedTokens / promptTokens)} of them known already`,
          ],
          ['Memory', bytes(load.memoryBytes)],
        ]}
      />
    </Card>
  );
}
