/** What a version won and lost against the one it comes from, in one line. */
import type { ModelSummary } from '../../../../app/contract/models.ts';
import { bytes } from '../../../format/bytes.ts';
import { changeWords, times } from '../../../format/number.ts';

type Version = Pick<ModelSummary, 'id' | 'sizeBytes' | 'measured' | 'architecture' | 'format'>;

/** A change below this is not worth a word. */
const NOTICEABLE = 0.02;

function ratio(
  word: { readonly more: string; readonly less: string },
  from: number | undefined,
  to: number | undefined,
): string[] {
  if (from === undefined || to === undefined || from <= 0 || to <= 0 || Math.abs(to / from - 1) < NOTICEABLE) return [];
  return [to > from ? `${times(to / from)} ${word.more}` : `${times(from / to)} ${word.less}`];
}

export function gain(version: Version, origin: Version | undefined): string {
  if (origin === undefined || origin.id === version.id)
    return `${version.architecture}, ${version.format}, ${bytes(version.sizeBytes)}`;
  const before = origin.measured;
  const after = version.measured;
  const quality =
    before?.perplexity !== undefined && after?.perplexity !== undefined
      ? [`perplexity ${changeWords(after.perplexity / before.perplexity)}`]
      : [];
  const parts = [
    ...ratio({ more: 'larger', less: 'smaller' }, origin.sizeBytes, version.sizeBytes),
    ...ratio({ more: 'faster', less: 'slower' }, before?.decodeTokensPerSecond, after?.decodeTokensPerSecond),
    ...quality,
  ];
  return parts.length === 0
    ? 'the same size as its origin; not measured yet'
    : `${parts.join(', ')} against its origin`;
}
