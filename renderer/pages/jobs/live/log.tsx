/** The newest lines of a job's log; it follows the end until one scrolls up. */
import { ActionIcon } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { counted } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { tell } from '../../../ui/notify.tsx';
import type { FeedSnapshot, LogLine } from '../job-feed.ts';
import styles from './log.module.css';

const SHOWN = 300;
const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');

const textOf = (lines: readonly LogLine[]): string =>
  lines.map(({ at, level, text }) => `${new Date(at).toISOString()} ${level} ${text}`).join('\n');

export function Log({ feed }: { readonly feed: FeedSnapshot }) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const lines = feed.log.slice(-SHOWN);
  const newest = lines.at(-1)?.number;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line moves the end
  useEffect(() => {
    const element = box.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [newest]);
  return (
    <Card
      title="Log"
      sub={
        lines.length < feed.logTotal
          ? `last ${lines.length} of ${feed.logTotal.toLocaleString('en-US')} lines`
          : counted(lines.length, 'line')
      }
      label="Log"
      actions={
        <ActionIcon
          aria-label="Copy the log"
          onClick={() =>
            void navigator.clipboard.writeText(textOf(feed.log)).then(() => tell({ tone: 'good', title: 'Log copied' }))
          }
        >
          <Icon name="copy" />
        </ActionIcon>
      }
    >
      <div
        ref={box}
        className={styles.log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        role="log"
        aria-label="Lines of the log"
        aria-live="off"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollTop + clientHeight >= scrollHeight - 24;
        }}
      >
        {lines.length === 0 && <span className="t3">Nothing yet.</span>}
        {lines.map(({ number, at, level, text }) => (
          <div key={number} className={styles[level]}>
            <span className={styles.time}>{clock(at)}</span> {text}
          </div>
        ))}
      </div>
    </Card>
  );
}
