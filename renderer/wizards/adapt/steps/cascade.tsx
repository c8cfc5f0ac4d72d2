/** How it should save work: by exits in the model itself, or by a smaller model of the library that is asked first. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { compactCount } from '../../../format/number.ts';
import { ChoiceList } from '../../frame/steps/choice-list.tsx';
import type { StepProps } from '../../frame/wizard.ts';
import { EXITS, smallOf } from '../plan.ts';

const PAGE = 50;
const COLUMNS = [
  { title: 'How', width: 200 },
  { title: 'Parameters', width: 80, numeric: true },
  { title: 'Size', width: 72, numeric: true },
];

export function CascadeScreen({ form, change }: StepProps) {
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const modelId = form.model?.id ?? '';
  const firsts = useQuery({
    queryKey: ['models', 'cascade', modelId],
    queryFn: () => engine.models.smallerModels({ id: modelId }),
    enabled: modelId !== '',
    placeholderData: keepPreviousData,
  });
  const found = (firsts.data ?? []).filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const choose = (cascade: string | undefined) => {
    const { cascade: _, ...options } = form.options;
    change({ options: cascade === undefined ? options : { ...options, cascade } });
  };
  return (
    <ChoiceList
      heading="How should it save work?"
      noun="Way"
      columns={COLUMNS}
      total={1 + (firsts.data?.length ?? 0)}
      search={search}
      setSearch={setSearch}
      more={() => setLimit(limit + PAGE)}
      chosen={smallOf(form.options) ?? EXITS}
      choose={({ id }) => choose(id === EXITS ? undefined : id)}
      choices={[
        { id: EXITS, name: 'Exits in the model', cells: ['easy inputs stop at a lower layer', '', ''] },
        ...found.slice(0, limit).map(({ id, name, parameters, sizeBytes }) => ({
          id,
          name,
          cells: ['asked first, this model if unsure', compactCount(parameters), bytes(sizeBytes)],
        })),
      ]}
    />
  );
}
