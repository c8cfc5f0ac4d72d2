/** Asks the engine what the form would cost here, a moment after the last change; the old answer stays until the new one is there. */

import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { Estimate } from '../../../app/contract/techniques.ts';
import { engine } from '../../client/client.ts';
import type { Options } from '../form/values.ts';
import type { WizardForm } from './plan.ts';

const QUIET_MS = 200;

type Question = Parameters<typeof engine.techniques.estimate>[0];

export function useEstimate(
  technique: string,
  form: Pick<WizardForm, 'model' | 'dataset'>,
  options: Options,
): UseQueryResult<Estimate> {
  // Nothing is asked before there is a model, and not either while the question about it is still settling.
  const question: Question | undefined = form.model && {
    technique,
    modelId: form.model.id,
    datasetId: form.dataset?.id,
    options,
  };
  const [settled] = useDebouncedValue(JSON.stringify(question), QUIET_MS);
  return useQuery({
    queryKey: ['techniques', 'estimate', settled],
    queryFn: ({ signal }) => engine.techniques.estimate(JSON.parse(settled) as Question, { signal }),
    enabled: question !== undefined && settled !== undefined,
    placeholderData: keepPreviousData,
  });
}
