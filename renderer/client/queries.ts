/** What the page remembers of the engine: one key a kind, so that an event can make all of that kind stale. */
import { QueryClient } from '@tanstack/react-query';

/** The first part of every query's key. */
export type QueryKind =
  | 'system'
  | 'settings'
  | 'models'
  | 'datasets'
  | 'jobs'
  | 'job'
  | 'drafts'
  | 'exports'
  | 'techniques'
  | 'compare'
  | 'trash';

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 30_000, retry: false, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});

export const forget = (kind: QueryKind): Promise<void> => queries.invalidateQueries({ queryKey: [kind] });
