/** What came of a job, in one line. */
import type { JobSummary } from '../../../app/contract/jobs.ts';
import { compactCount, counted } from '../../format/number.ts';
import { duration } from '../../format/time.ts';

type Job = Pick<
  JobSummary,
  'state' | 'progress' | 'failure' | 'results' | 'exports' | 'seconds' | 'position' | 'resumable'
>;

export function outcome(job: Job): string {
  const { progress } = job;
  switch (job.state) {
    case 'running':
      return progress === undefined
        ? 'Starting'
        : [`${progress.label} ${compactCount(progress.done)} of ${compactCount(progress.total)}`, progress.note]
            .filter(Boolean)
            .join(', ');
    case 'queued':
      return job.position === undefined || job.position === 0
        ? 'Next in the queue'
        : `${counted(job.position, 'job')} before it`;
    case 'done': {
      const made = [
        ...(job.results.length > 0 ? [counted(job.results.length, 'version')] : []),
        ...(job.exports.length > 0 ? [counted(job.exports.length, 'export')] : []),
      ];
      return `${made.length > 0 ? `${made.join(' and ')} in ` : 'Took '}${duration(job.seconds)}`;
    }
    case 'failed':
      return job.failure?.message ?? 'Failed';
    default:
      return job.resumable ? 'Can be resumed' : `After ${duration(job.seconds)}`;
  }
}
