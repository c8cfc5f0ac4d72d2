/** An error as people can use it: what happened, what to do, a code to search for; a fault's report to copy. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { failureOf } from '../client/failure.ts';
import { Note } from './note.tsx';

interface Props {
  readonly error: unknown;
  readonly retry?: () => void;
  readonly children?: ReactNode;
}

export function ErrorNote({ error, retry, children }: Props) {
  const failure = failureOf(error);
  const { report } = failure;
  return (
    <Note tone="bad" title={failure.message}>
      <p>{failure.hint}</p>
      <p className="mono">{failure.code}</p>
      {(retry ?? report ?? children) !== undefined && (
        <div className="row">
          {retry !== undefined && (
            <Button size="xs" onClick={retry}>
              Try again
            </Button>
          )}
          {report !== undefined && (
            <Button size="xs" onClick={() => void navigator.clipboard.writeText(report)}>
              Copy report
            </Button>
          )}
          {children}
        </div>
      )}
    </Note>
  );
}
