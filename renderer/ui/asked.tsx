/** One query in its four states: loading, failed, empty, there. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorNote } from './error-note.tsx';
import { Loading } from './loading.tsx';

interface Props<T> {
  readonly query: UseQueryResult<T>;
  readonly children: (value: T) => ReactNode;
  readonly loading?: ReactNode;
}

export function Asked<T>({ query, children, loading }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />;
  return loading ?? <Loading />;
}
