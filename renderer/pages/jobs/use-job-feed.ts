/** What a job tells, for a component that shows it. */
import { useMemo, useSyncExternalStore } from 'react';
import { type FeedSnapshot, JobFeed } from './job-feed.ts';

export function useJobFeed(id: string): FeedSnapshot {
  const feed = useMemo(() => new JobFeed(id), [id]);
  return useSyncExternalStore(feed.subscribe, feed.snapshot);
}
