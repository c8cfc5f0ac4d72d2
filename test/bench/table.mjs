/** The results as lines of text. */
const HEADINGS = ['', 'Lathe', 'peer', 'ratio', 'target', ''];

const number = (value, digits) =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const percent = (share) => `±${Math.round(share * 50)}%`;

function targetText(target) {
  if (!target) return '';
  const sign = target.atLeast === undefined ? '≤' : '≥';
  const limit = target.atLeast ?? target.atMost;
  return target.of === 'value' ? `${sign} ${Number(limit.toFixed(2))}` : `${sign} ${Number(limit.toFixed(2))}x`;
}

function cells({ label, unit, digits, lathe, best, ratio, target, reached }) {
  const value = (summary) => (summary ? `${number(summary.median, digits)} ${unit} ${percent(summary.spread)}` : '');
  return [
    `  ${label}`,
    value(lathe),
    best ? `${value(best)} (${best.side})` : '',
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    targetText(target),
    reached === undefined ? '' : reached ? 'reached' : 'missed',
  ];
}

/** @param {readonly object[]} rows as runRow gives them */
export function tableOf(rows) {
  const lines = [HEADINGS];
  for (const row of rows) {
    lines.push([row.title]);
    if (row.missing) lines.push([`  not measured: there is no ${row.missing.join(', no ')}`]);
    if (row.failed) lines.push([`  failed: ${row.failed.split('\n')[0]}`]);
    for (const result of row.results ?? []) lines.push(cells(result));
  }
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => (line.length > 1 ? line[i].length : 0))));
  return lines
    .map((line) =>
      line.length > 1
        ? line
            .map((cell, i) => cell.padEnd(widths[i]))
            .join('  ')
            .trimEnd()
        : line[0],
    )
    .join('\n');
}
