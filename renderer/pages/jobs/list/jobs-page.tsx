/** Jobs: what runs, what waits, what was done. */
import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { engine } from '../../../client/client.ts';
import { counted } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { useTellCrumbs } from '../../../ui/crumbs.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Page } from '../../../ui/page.tsx';
import { Drafts } from './drafts.tsx';
import { History } from './history.tsx';
import { Queue } from './queue.tsx';

const PAGE = 100;

export default function JobsPage() {
  useTellCrumbs([{ label: 'Jobs' }]);
  const [, go] = useLocation();
  const [limit, setLimit] = useState(PAGE);
  const current = useQuery({
    queryKey: ['jobs', 'current'],
    queryFn: () => engine.jobs.list({ states: ['running', 'queued', 'paused', 'interrupted'], limit: 500 }),
  });
  const past = useQuery({
    queryKey: ['jobs', 'past', limit],
    queryFn: () => engine.jobs.list({ states: ['done', 'failed', 'cancelled'], limit }),
    placeholderData: keepPreviousData,
  });
  const running = current.data?.items.filter(({ state }) => state === 'running').length ?? 0;
  const waiting = current.data?.items.filter(({ state }) => state === 'queued').length ?? 0;
  const sub =
    current.data === undefined
      ? ''
      : `${running} running, ${waiting} waiting, ${counted(past.data?.total ?? 0, 'finished', 'finished')}`;
  return (
    <Page
      title="Jobs"
      sub={sub}
      actions={
        <Button variant="filled" onClick={() => go('/finetune')}>
          New fine-tune
        </Button>
      }
    >
      <Asked query={current}>
        {({ items }) => (
          <Asked query={past}>
            {(finished) =>
              items.length + finished.total === 0 ? (
                <>
                  <EmptyState
                    icon="jobs"
                    title="Training, quantizing, measuring and exporting run here, one after the other."
                    example="Each job keeps its settings, its curves, its log and what was measured before and after."
                    action={
                      <>
                        <Button variant="filled" onClick={() => go('/finetune')}>
                          Fine-tune a model
                        </Button>
                        <Button onClick={() => go('/quantize')}>Quantize a model</Button>
                      </>
                    }
                  />
                  <Drafts />
                </>
              ) : (
                <>
                  {items.length > 0 && <Queue jobs={items} />}
                  <Drafts />
                  {finished.total > 0 && (
                    <History
                      jobs={finished.items}
                      total={finished.total}
                      more={() => setLimit(Math.min(500, limit + PAGE))}
                    />
                  )}
                </>
              )
            }
          </Asked>
        )}
      </Asked>
    </Page>
  );
}
