/** Splits Markdown into the few kinds of blocks that model cards use. Anything else is a paragraph, shown as written. */

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'paragraph'; readonly text: string };

const cells = (line: string): string[] =>
  line
    .replace(/^\s*\|/, '')
    .replace(/\|\s*$/, '')
    .split('|')
    .map((cell) => cell.trim());

/** YAML at the head of a card is for machines. */
const withoutFrontMatter = (text: string): string => text.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, '');

export function markdownBlocks(source: string): readonly Block[] {
  const lines = withoutFrontMatter(source.replaceAll('\r\n', '\n')).split('\n');
  const blocks: Block[] = [];
  let i = 0;
  const take = (fits: (line: string) => boolean): string[] => {
    const start = i;
    while (i < lines.length && fits(lines[i])) i++;
    return lines.slice(start, i);
  };
  while (i < lines.length) {
    const line = lines[i];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (line.trim() === '') i++;
    else if (heading !== null) {
      blocks.push({ kind: 'heading', level: heading[1].length, text: heading[2] });
      i++;
    } else if (line.startsWith('```')) {
      i++;
      blocks.push({ kind: 'code', text: take((next) => !next.startsWith('```')).join('\n') });
      i++;
    } else if (/^\s*([-*+]|\d+\.)\s+/.test(line))
      blocks.push({
        kind: 'list',
        items: take((next) => /^\s*([-*+]|\d+\.)\s+/.test(next)).map((item) =>
          item.replace(/^\s*([-*+]|\d+\.)\s+/, ''),
        ),
      });
    else if (/^\s*\|.*\|\s*$/.test(line))
      blocks.push({
        kind: 'table',
        rows: take((next) => /^\s*\|.*\|\s*$/.test(next))
          .filter((row) => !/^[\s|:-]+$/.test(row))
          .map(cells),
      });
    else {
      const text = take((next) => next.trim() !== '' && !/^(#{1,6}\s|```|\s*\|.*\|\s*$)/.test(next));
      blocks.push({ kind: 'paragraph', text: text.join(' ') });
    }
  }
  return blocks;
}
