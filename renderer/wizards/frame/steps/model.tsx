/** Which model: the library, newest first, with what decides the choice. */
import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { compactCount, shortNumber } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Missing } from '../../../ui/quantity.tsx';
import { techniqueName } from '../../../ui/technique.ts';
import type { StepProps } from '../wizard.ts';
import { ChoiceList } from './choice-list.tsx';

const PAGE = 50;
const COLUMNS = [
  { title: 'Made by', width: 88 },
  { title: 'Format', width: 72 },
  { title: 'Parameters', width: 80, numeric: true },
  { title: 'Size', width: 72, numeric: true },
  { title: 'Perplexity', width: 80, numeric: true },
];

const EMBEDDED = {
  starter: {
    button: 'Get the starter model',
    words: 'The starter model comes with Lathe: small enough to try everything in a minute.',
  },
  minilm: {
    button: 'Use MiniLM',
    words: 'MiniLM comes with Lathe: a small encoder that knows what English sentences mean.',
  },
} as const;

export function ModelScreen({ wizard, form, change }: StepProps) {
  const [, go] = useLocation();
  const { embedded = 'starter', trial } = wizard;
  const { button, words } = EMBEDDED[embedded];
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const [asked] = useDebouncedValue(search, 150);
  const models = useQuery({
    queryKey: ['models', 'choose', asked, limit],
    queryFn: () => engine.models.list({ search: asked, limit }),
    placeholderData: keepPreviousData,
  });
  const coming = useMutation({
    mutationFn: () => engine.models.importEmbedded({ id: embedded }),
    onSuccess: ({ id }) => {
      change({ model: { id, name: id } });
      return models.refetch();
    },
  });
  const [, setAddress] = useSearchParams();
  const trying = useMutation({
    mutationFn: async () => trial?.form(),
    onSuccess(part) {
      change({ ...part, options: { ...form.options, ...part?.options } });
      setAddress((old) => new URLSearchParams([...[...old].filter(([key]) => key !== 'step'), ['step', 'review']]));
    },
  });
  const atOnce = trial && (
    <Button size="xs" loading={trying.isPending} onClick={() => trying.mutate()}>
      {trial.title}
    </Button>
  );
  const failed = coming.error ?? trying.error;
  return (
    <Asked query={models}>
      {({ items, total }) =>
        total === 0 && search === '' ? (
          <>
            <EmptyState
              icon="models"
              title="A wizard begins with a model, and the library is still empty."
              example={words}
              action={
                <>
                  <Button variant="filled" loading={coming.isPending} onClick={() => coming.mutate()}>
                    {button}
                  </Button>
                  {atOnce}
                  <Button onClick={() => go('/models')}>Import a model</Button>
                </>
              }
            />
            {failed !== null && <ErrorNote error={failed} />}
          </>
        ) : (
          <ChoiceList
            heading="Which model?"
            noun="Model"
            columns={COLUMNS}
            total={total}
            search={search}
            setSearch={setSearch}
            more={() => setLimit(Math.min(500, limit + 100))}
            chosen={form.model?.id}
            actions={
              wizard.embedded && (
                <span className="row">
                  {atOnce}
                  <Button size="xs" loading={coming.isPending} onClick={() => coming.mutate()}>
                    {button}
                  </Button>
                </span>
              )
            }
            choose={({ id, name }) => change({ model: { id, name } })}
            choices={items.map((model) => ({
              id: model.id,
              name: model.name,
              disabled: model.problem !== undefined,
              cells: [
                <span key="by" className="t2">
                  {model.problem === undefined ? techniqueName(model.technique) : 'cannot be opened'}
                </span>,
                model.format,
                compactCount(model.parameters),
                bytes(model.sizeBytes),
                model.measured?.perplexity === undefined ? (
                  <Missing key="ppl" why="Not measured yet" />
                ) : (
                  shortNumber(model.measured.perplexity)
                ),
              ],
            }))}
          />
        )
      }
    </Asked>
  );
}
