/** Two versions beside each other: quality, size, speed, memory, and the same prompts answered by both. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { MeasureTable } from '../../../ui/measures/measure-table.tsx';
import { Note } from '../../../ui/note.tsx';
import { Page } from '../../../ui/page.tsx';
import { AnswersCard } from './answers-card.tsx';

export default function BesidePage() {
  const { id, other } = useParams<{ id: string; other: string }>();
  const query = useQuery({
    queryKey: ['models', 'beside', id, other],
    queryFn: () => Promise.all([engine.models.get({ id }), engine.models.get({ id: other })]),
  });
  return (
    <Asked query={query}>
      {([first, second]) => (
        <Page
          title={`${first.name} and ${second.name}`}
          crumbs={[{ label: 'Models', to: '/models' }]}
          actions={
            <Button
              leftSection={<Icon name="transfer" />}
              onClick={() => go(`/models/${other}/beside/${id}`, { replace: true })}
            >
              Swap
            </Button>
          }
        >
          <Card title="Measured on this machine">
            {(first.measured === undefined || second.measured === undefined) && (
              <Note title={`${(first.measured === undefined ? first : second).name} is not measured yet`}>
                <a className="link" href={`#/profile?model=${(first.measured === undefined ? first : second).id}`}>
                  Profile it
                </a>
              </Note>
            )}
            <MeasureTable
              versions={[
                { name: first.name, measured: { ...first.measured, sizeBytes: first.sizeBytes } },
                { name: second.name, measured: { ...second.measured, sizeBytes: second.sizeBytes } },
              ]}
            />
          </Card>
          <AnswersCard key={`${id} ${other}`} first={first} second={second} />
        </Page>
      )}
    </Asked>
  );
}
