/** The check of a data set, for the model whose tokens are to be counted (none: rows and problems only). */
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DatasetCheck } from '../../../app/contract/datasets.ts';
import { engine } from '../../client/client.ts';

export interface Check {
  readonly query: UseQueryResult<DatasetCheck>;
  readonly models: readonly { readonly value: string; readonly label: string }[];
  readonly modelId: string | undefined;
  readonly choose: (modelId: string | undefined) => void;
}

/** @param wanted false: do not begin, a large file takes minutes to read; what was found before is still shown */
export function useCheck(id: string, wanted: boolean): Check {
  const { data: models } = useQuery({
    queryKey: ['models', 'for check'],
    queryFn: () => engine.models.list({ limit: 100 }),
  });
  const [chosen, choose] = useState<string>();
  const modelId = chosen ?? models?.items[0]?.id;
  const query = useQuery({
    queryKey: ['datasets', 'check', id, modelId],
    queryFn: () => engine.datasets.check({ id, modelId }),
    enabled: wanted && models !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return {
    query,
    models: models?.items.map((model) => ({ value: model.id, label: model.name })) ?? [],
    modelId,
    choose,
  };
}
