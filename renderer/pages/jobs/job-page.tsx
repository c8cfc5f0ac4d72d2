/** One job: live while it runs, its result once it is done. */
import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import type { JobDetail, JobSummary } from '../../../app/contract/jobs.ts';
import { engine } from '../../client/client.ts';
import { Asked } from '../../ui/asked.tsx';
import { useTellCrumbs } from '../../ui/crumbs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { JobState } from '../../ui/job-state.tsx';
import { Note } from '../../ui/note.tsx';
import { Page } from '../../ui/page.tsx';
import { Ago, Span } from '../../ui/quantity.tsx';
import { RecipeText } from '../../ui/recipe-text.tsx';
import { techniqueName } from '../../ui/technique.ts';
import { JobActions } from './job-actions.tsx';
import { LiveView } from './live/live-view.tsx';
import { ResultView } from './result/result-view.tsx';
import { useJobActions } from './use-job-actions.ts';
import { useJobFeed } from './use-job-feed.ts';

export default function JobPage() {
  const { id = '' } = useParams<{ id: string }>();
  const detail = useQuery({ queryKey: ['job', id], queryFn: () => engine.jobs.get({ id }) });
  return <Asked query={detail}>{(job) => <Shown key={id} detail={job} />}</Asked>;
}

function Shown({ detail }: { readonly detail: JobDetail }) {
  const [, go] = useLocation();
  const [recipe, setRecipe] = useState(false);
  const feed = useJobFeed(detail.id);
  // What the feed says is fresher, until the job is over and both agree.
  const job: JobSummary = feed.job ?? detail;
  useTellCrumbs([{ label: 'Jobs', to: '/jobs' }, { label: job.title }]);
  const actions = useJobActions((action, changed) => {
    if (action === 'retry') go(`/jobs/${changed.id}`);
  });
  return (
    <Page
      title={job.title}
      sub={
        <span className="row">
          <JobState job={job} />
          <span className="f12 cut">
            <Told job={job} />
          </span>
        </span>
      }
      actions={
        <>
          <Button variant="subtle" color="gray" onClick={() => setRecipe(true)}>
            Recipe
          </Button>
          <JobActions
            job={job}
            pending={actions.isPending ? actions.variables.action : undefined}
            act={(action) => actions.mutate({ action, id: job.id })}
          />
        </>
      }
    >
      {job.failure !== undefined && <ErrorNote error={job.failure} />}
      {job.state === 'interrupted' && (
        <Note tone="warn" title="The engine stopped while this job ran.">
          <p>
            {job.resumable
              ? 'Nothing is lost: Resume goes on from the last checkpoint, to the same result.'
              : 'It had not reached its first checkpoint: Resume begins this step again.'}
          </p>
        </Note>
      )}
      {feed.lost && <Note tone="warn" title="The engine does not answer. What is shown may be old." />}
      {job.state === 'done' ? (
        <ResultView job={detail} feed={feed} />
      ) : (
        <LiveView job={job} detail={detail} feed={feed} />
      )}
      <Modal opened={recipe} onClose={() => setRecipe(false)} title="Recipe" size="lg">
        <RecipeText yaml={detail.yaml} />
      </Modal>
    </Page>
  );
}

function Told({ job }: { readonly job: JobSummary }) {
  const what = job.techniques.map(techniqueName).join(', ');
  return (
    <>
      {what}
      {job.model === undefined ? '' : ` of ${job.model}`}
      {job.state === 'done' || job.state === 'failed' || job.state === 'cancelled' ? (
        <>
          , took <Span seconds={job.seconds} />, <Ago time={job.finishedAt ?? job.createdAt} />
        </>
      ) : (
        job.startedAt !== undefined && (
          <>
            , started <Ago time={job.startedAt} />
          </>
        )
      )}
    </>
  );
}
