/** What the engine warned of while the job ran, said once each and where it is seen. */
import { Note } from '../../ui/note.tsx';
import type { FeedSnapshot } from './job-feed.ts';

export function Warnings({ feed }: { readonly feed: FeedSnapshot }) {
  const texts = [...new Set(feed.log.filter(({ level }) => level === 'warn').map(({ text }) => text))];
  return texts.map((text) => (
    <Note key={text} tone="warn">
      {text}
    </Note>
  ));
}
