/** The buttons of one job, those that its state allows. Cancelling asks first. */
import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { JobSummary } from '../../../app/contract/jobs.ts';
import { Icon } from '../../ui/icon.tsx';
import type { JobAction } from './use-job-actions.ts';

interface Props {
  readonly job: JobSummary;
  readonly pending: JobAction | undefined;
  readonly act: (action: JobAction) => void;
  readonly size?: 'xs' | 'sm';
}

export function JobActions({ job, pending, act, size = 'sm' }: Props) {
  const [asking, setAsking] = useState(false);
  const { state, stopping, resumable } = job;
  const active = state === 'running' || state === 'queued';
  const stopped = state === 'paused' || state === 'interrupted';
  return (
    <>
      {state === 'running' && (
        <Button
          size={size}
          leftSection={<Icon name="pause" />}
          loading={pending === 'pause' || stopping === 'pause'}
          disabled={stopping !== undefined}
          onClick={() => act('pause')}
        >
          Pause
        </Button>
      )}
      {(stopped || (state === 'failed' && resumable)) && (
        <Button
          size={size}
          variant="filled"
          leftSection={<Icon name="play" />}
          loading={pending === 'resume'}
          onClick={() => act('resume')}
        >
          Resume
        </Button>
      )}
      {(active || stopped) && (
        <Button
          size={size}
          leftSection={<Icon name="x" />}
          loading={pending === 'cancel' || stopping === 'cancel'}
          onClick={() => setAsking(true)}
        >
          Cancel
        </Button>
      )}
      {(state === 'done' || state === 'failed' || state === 'cancelled') && (
        <Button
          size={size}
          leftSection={<Icon name="reset" />}
          loading={pending === 'retry'}
          onClick={() => act('retry')}
        >
          {state === 'done' ? 'Run again' : 'Retry'}
        </Button>
      )}
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Cancel ${job.title}?`}>
        <p className="t2">
          {state === 'queued'
            ? 'It has not begun, so nothing is lost.'
            : 'What it has done so far is given up. Pause keeps it, to go on later.'}
        </p>
        <div className="row" style={{ justifyContent: 'flex-end', marginTop: 16 }}>
          <Button onClick={() => setAsking(false)} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red"
            variant="filled"
            onClick={() => {
              setAsking(false);
              act('cancel');
            }}
          >
            Cancel the job
          </Button>
        </div>
      </Modal>
    </>
  );
}
