/** Where the running server is and how a program calls it. */
import { Button, CopyButton } from '@mantine/core';
import type { ApiStatus } from '../../../app/contract/api-server.ts';
import { engine } from '../../client/client.ts';
import { Card } from '../../ui/card.tsx';
import { Facts } from '../../ui/facts.tsx';
import { attempt } from '../../ui/notify.tsx';
import styles from './server.module.css';

interface Props {
  readonly status: Extract<ApiStatus, { state: 'on' }>;
  readonly stopped: () => Promise<void>;
}

export function RunningCard({ status, stopped }: Props) {
  const { modelId, url, needsKey } = status;
  const base = `${url}/v1`;
  const example = [
    `curl ${base}/chat/completions \\`,
    ...(needsKey ? ['  -H "Authorization: Bearer $KEY" \\'] : []),
    '  -H "Content-Type: application/json" \\',
    `  -d '{"model": "${modelId}", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ].join('\n');
  const stop = async () => {
    await attempt(() => engine.apiServer.stop({}));
    await stopped();
  };
  return (
    <Card title={`${modelId} is being served`} actions={<Button onClick={() => void stop()}>Stop</Button>}>
      <Facts
        facts={[
          [
            'Address',
            <span key="address" className={styles.address}>
              <code className="mono">{base}</code>
              <CopyButton value={base}>
                {({ copied, copy }) => (
                  <Button size="xs" onClick={copy}>
                    {copied ? 'Copied' : 'Copy'}
                  </Button>
                )}
              </CopyButton>
            </span>,
          ],
          [
            'Model',
            <code key="model" className="mono">
              {modelId}
            </code>,
          ],
          ['Key', needsKey ? 'the one you set' : 'none: any program on this computer may ask'],
        ]}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={styles.example} tabIndex={0} aria-label="Example of a call">
        <pre>{example}</pre>
      </section>
    </Card>
  );
}
