/** One model of the library in every detail, where a wizard needs to know more than its name. */
import { useQuery } from '@tanstack/react-query';
import type { ModelDetail } from '../../../app/contract/models.ts';
import { engine } from '../../client/client.ts';

/** Undefined while it is fetched, and where none is chosen or wanted. */
export function useModel(id: string | undefined, wanted: boolean): ModelDetail | undefined {
  return useQuery({
    queryKey: ['models', 'get', id],
    queryFn: () => engine.models.get({ id: id! }),
    enabled: wanted && id !== undefined,
  }).data;
}
