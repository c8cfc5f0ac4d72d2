/** One sentence that says what a job brought, from measured numbers only. */
import { type AdaptReport, adaptVerdict } from './adapt-report.ts';
import {
  type ComparisonRow,
  compareReports,
  figures,
  type MeasureKey,
  type Measurements,
  relativeSpread,
  TOO_NOISY,
} from './comparison.ts';

export interface StepOutcome {
  /** Of an adaptation: its promise and what was found. */
  readonly adapted?: AdaptReport;
  /** `finetune`, `quantize`, `profile`, `export`, … */
  readonly name: string;
  readonly before?: Measurements;
  readonly after?: Measurements;
  readonly checks?: readonly { readonly name: string; readonly passed: boolean }[];
  readonly target?: string;
}

export interface Verdict {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'neutral';
}

/** The verdict on all steps of a job: from the first measurement to the last. */
export function verdictOf(steps: readonly StepOutcome[], measured?: Measurements): Verdict {
  const last = steps.at(-1);
  if (last?.adapted) return adaptVerdict(last.adapted);
  const before = steps.find((step) => step.before)?.before;
  const after = steps.findLast((step) => step.after)?.after;
  const exported = steps.findLast((step) => step.checks);
  if (before && after) {
    const rows = compareReports(before, after);
    const shrinks = steps.some(({ name }) => SHRINKING.includes(name));
    return shrinks ? shrinkVerdict(rows) : learnVerdict(rows);
  }
  if (exported?.checks) return exportVerdict(exported.target ?? last?.name ?? 'export', exported.checks);
  if (measured) return speedVerdict(measured);
  return { text: 'Done. Nothing was measured, so nothing is claimed.', tone: 'neutral' };
}

/** Measured against what they began with; a student's beginning is the student untaught, so distilling is learning. */
const SHRINKING = ['quantize', 'prune', 'optimize', 'adapt'];

const pick = (rows: readonly ComparisonRow[], key: MeasureKey) => rows.find((row) => row.key === key);

/** "5.9× smaller, 3.6× faster, 5.6% worse on perplexity: a good trade." */
function shrinkVerdict(rows: readonly ComparisonRow[]): Verdict {
  const size = pick(rows, 'sizeBytes');
  const decode = pick(rows, 'decodeTokensPerSecond');
  const quality = pick(rows, 'perplexity');
  const parts = [size, decode].flatMap((row) => (row?.words && row.change !== 'same' ? [row.words] : []));
  if (decode?.change === 'same' && size?.change === 'better')
    parts.push(decode.words === 'too noisy to tell' ? 'speed too noisy to tell' : 'about as fast');
  if (quality?.change === 'same') parts.push('as good on perplexity');
  else if (quality?.words) parts.push(`${quality.words} on perplexity`);
  const { word, tone } = judge(size, decode, quality, rows);
  if (parts.length === 0) return { text: 'Size, speed and quality are what they were.', tone: 'neutral' };
  return { text: `${capital(parts.join(', '))}: ${word}.`, tone };
}

function judge(
  size?: ComparisonRow,
  decode?: ComparisonRow,
  quality?: ComparisonRow,
  rows: readonly ComparisonRow[] = [],
): { word: string; tone: Verdict['tone'] } {
  const smaller = size?.ratio ? 1 / size.ratio : 1;
  const faster = decode?.change === 'same' ? 1 : (decode?.ratio ?? 1);
  const gain = Math.max(smaller, faster);
  if (gain < 1.1)
    return {
      word: quality?.change === 'worse' ? 'not a gain' : 'little changed',
      tone: quality?.change === 'worse' ? 'bad' : 'neutral',
    };
  if (!quality?.ratio) return { word: 'quality was not measured', tone: 'neutral' };
  if (quality.change === 'better') {
    const worse = rows.filter((row) => row.change === 'worse').map(({ title }) => title.toLowerCase());
    return worse.length === 0
      ? { word: 'better all round', tone: 'good' }
      : { word: `better in all but ${listed(worse)}`, tone: 'good' };
  }
  const loss = quality.change === 'same' ? 0 : quality.ratio - 1;
  if (loss <= 0.01) return { word: 'close to free', tone: 'good' };
  // What a loss is worth depends on what it buys: twofold allows half as much as fourfold.
  const price = loss / Math.log2(gain);
  if (price <= 0.05) return { word: 'a good trade', tone: 'good' };
  if (price <= 0.12) return { word: 'a fair trade where size counts', tone: 'warn' };
  return { word: 'a high price in quality', tone: 'bad' };
}

/** "Perplexity 12.4 to 3.1 on rows kept apart: it learned your data. As fast as before." */
function learnVerdict(rows: readonly ComparisonRow[]): Verdict {
  const quality = pick(rows, 'perplexity');
  if (!quality?.beforeText)
    return { text: 'Trained. Quality was not measured, so nothing is claimed.', tone: 'neutral' };
  const decode = pick(rows, 'decodeTokensPerSecond');
  const speed = decode?.words && decode.change !== 'same' ? `, ${decode.words}` : '';
  const from = `Perplexity ${quality.beforeText} to ${quality.afterText}`;
  if (quality.change === 'same')
    return {
      text: `${from}: it learned next to nothing${speed}. Train longer or raise the learning rate.`,
      tone: 'warn',
    };
  if (quality.change === 'worse')
    return {
      text: `${from}: worse on rows it did not see${speed}. Train shorter or lower the learning rate.`,
      tone: 'bad',
    };
  const ratio = quality.ratio ?? 1;
  const word =
    ratio < 0.5 ? 'it learned your data well' : ratio < 0.9 ? 'it learned from your data' : 'it learned a little';
  return { text: `${from} on rows it did not see: ${word}${speed}.`, tone: ratio < 0.9 ? 'good' : 'warn' };
}

function exportVerdict(
  target: string,
  checks: readonly { readonly name: string; readonly passed: boolean }[],
): Verdict {
  const passed = checks.filter((check) => check.passed).length;
  const title = target.startsWith('gguf') ? 'GGUF' : target === 'onnx' ? 'ONNX' : target;
  if (checks.length === 0) return { text: `Written as ${title}, but not checked.`, tone: 'warn' };
  return passed === checks.length
    ? {
        text: `Written as ${title} and loaded again: ${passed === 1 ? 'its check' : `all ${passed} checks`} passed.`,
        tone: 'good',
      }
    : {
        text: `Written as ${title}, but ${checks.length - passed} of ${checks.length} checks failed: do not ship it.`,
        tone: 'bad',
      };
}

/** "Writes 182 tokens/s, reads 1,130 tokens/s, first token after 61 ms, in 214 MB." */
function speedVerdict(measured: Measurements): Verdict {
  const {
    decodeTokensPerSecond: decode,
    prefillTokensPerSecond: prefill,
    timeToFirstTokenMs: first,
    peakMemoryBytes: memory,
  } = measured;
  const parts = [
    decode === undefined ? undefined : `writes ${figures(decode)} tokens/s`,
    prefill === undefined ? undefined : `reads ${figures(prefill)} tokens/s`,
    first === undefined ? undefined : `first token after ${figures(first)} ms`,
    memory === undefined ? undefined : `in ${figures(memory / 1e6)} MB of memory`,
  ].filter((part) => part !== undefined);
  const swing = Math.max(
    relativeSpread(measured, 'decodeTokensPerSecond') ?? 0,
    relativeSpread(measured, 'prefillTokensPerSecond') ?? 0,
  );
  const quiet = swing > TOO_NOISY ? ' The repeats differ widely: measure again when the machine is quiet.' : '';
  return parts.length === 0
    ? { text: 'Nothing could be measured.', tone: 'warn' }
    : { text: `${capital(parts.join(', '))}.${quiet}`, tone: quiet === '' ? 'neutral' : 'warn' };
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
