/** A value for people whose exact figure shows on hover. */
import { useEffect, useState } from 'react';
import { bytes, exactBytes } from '../format/bytes.ts';
import { compactCount, exactNumber, shortNumber } from '../format/number.ts';
import { ago, duration, exactMoment } from '../format/time.ts';

export const Bytes = ({ value }: { readonly value: number }) => <span title={exactBytes(value)}>{bytes(value)}</span>;

export const Count = ({ value }: { readonly value: number }) => (
  <span title={exactNumber(value)}>{compactCount(value)}</span>
);

export const Measure = ({ value, unit }: { readonly value: number; readonly unit?: string }) => (
  <span title={unit === undefined ? exactNumber(value) : `${exactNumber(value)} ${unit}`}>
    {shortNumber(value)}
    {unit === undefined ? '' : ` ${unit}`}
  </span>
);

export const Span = ({ seconds }: { readonly seconds: number }) => (
  <span title={`${exactNumber(seconds)} s`}>{duration(seconds)}</span>
);

/** Follows the clock: "26 min ago" becomes 27. */
export function Ago({ time }: { readonly time: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 30_000);
    return () => window.clearInterval(timer);
  }, []);
  return <time title={exactMoment(time)}>{ago(time, Math.max(now, time))}</time>;
}

/** What does not apply. */
export const Missing = ({ why }: { readonly why?: string }) => (
  <span className="t3" title={why}>
    n/a
  </span>
);
