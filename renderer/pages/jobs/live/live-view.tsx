/** A job that is not done: its numbers, curves, samples and log as they come. */
import type { JobDetail, JobSummary } from '../../../../app/contract/jobs.ts';
import type { FeedSnapshot } from '../job-feed.ts';
import { Warnings } from '../warnings.tsx';
import styles from './live-view.module.css';
import { Log } from './log.tsx';
import { lossUnit } from './loss-unit.ts';
import { Samples } from './samples.tsx';
import { Stats } from './stats.tsx';
import { StepList } from './step-list.tsx';
import { TrainingCharts } from './training-charts.tsx';

interface Props {
  readonly job: JobSummary;
  readonly detail: JobDetail;
  readonly feed: FeedSnapshot;
}

export const LiveView = ({ job, detail, feed }: Props) => (
  <>
    {(job.progress !== undefined || job.state === 'running' || job.state === 'queued') && (
      <Stats job={job} feed={feed} unit={lossUnit(detail.steps)} />
    )}
    <Warnings feed={feed} />
    {detail.steps.length > 1 && <StepList job={job} steps={detail.steps} />}
    {feed.rows.length > 0 && <TrainingCharts rows={feed.rows} total={totalSteps(job)} unit={lossUnit(detail.steps)} />}
    <div className={styles.pair}>
      {(detail.prompts.length > 0 || feed.samples.length > 0) && (
        <Samples samples={feed.samples} prompts={detail.prompts} />
      )}
      <Log feed={feed} />
    </div>
  </>
);

const totalSteps = ({ progress }: JobSummary): number | undefined =>
  progress?.unit === 'steps' ? progress.total : undefined;
