/** Server: a model for other programs, which speak OpenAI's interface. Starts it, stops it, shows its load. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { engine } from '../../client/client.ts';
import { Asked } from '../../ui/asked.tsx';
import { Page } from '../../ui/page.tsx';
import { LoadCard } from './load-card.tsx';
import { RunningCard } from './running-card.tsx';
import styles from './server.module.css';
import { StartCard } from './start-card.tsx';

/** How often it is asked for its load. */
const EVERY_MS = 1000;
const KEY = ['apiServer', 'status'] as const;

export default function ServerPage() {
  const client = useQueryClient();
  const status = useQuery({
    queryKey: KEY,
    queryFn: () => engine.apiServer.status({}),
    refetchInterval: EVERY_MS,
  });
  const again = () => client.invalidateQueries({ queryKey: KEY });
  return (
    <Page title="Server" sub="a model for other programs on this computer" narrow>
      <Asked query={status}>
        {(now) => (
          <div className={styles.cards}>
            {now.state === 'on' ? (
              <RunningCard status={now} stopped={again} />
            ) : (
              <StartCard status={now} started={again} />
            )}
            {now.state === 'on' && <LoadCard load={now.load} concurrency={now.concurrency} />}
          </div>
        )}
      </Asked>
    </Page>
  );
}
