/** Shows Markdown as text: nothing in it can become an element of its own, a picture or a script. */
import { Fragment, type ReactNode } from 'react';
import styles from './markdown.module.css';
import { type Block, markdownBlocks } from './markdown-blocks.ts';

/** Bold, code and links; a link shows its address on hover and goes nowhere by itself. */
function inline(text: string): ReactNode[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/).map((part, index) => {
    const key = `${index} ${part}`;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (part.startsWith('**')) return <b key={key}>{part.slice(2, -2)}</b>;
    if (part.startsWith('`')) return <code key={key}>{part.slice(1, -1)}</code>;
    if (link !== null)
      return (
        <span key={key} className={styles.address} title={link[2]}>
          {link[1]}
        </span>
      );
    return <Fragment key={key}>{part.replace(/<[^>]+>/g, '')}</Fragment>;
  });
}

function show(block: Block): ReactNode {
  switch (block.kind) {
    case 'heading':
      return block.level <= 2 ? <h2>{inline(block.text)}</h2> : <h3>{inline(block.text)}</h3>;
    case 'code':
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      );
    case 'list':
      return (
        <ul>
          {block.items.map((item) => (
            <li key={item}>{inline(item)}</li>
          ))}
        </ul>
      );
    case 'table':
      return (
        <table>
          <tbody>
            {block.rows.map((row, index) => (
              <tr key={row.join('|')}>
                {row.map((cell) =>
                  index === 0 ? <th key={cell}>{inline(cell)}</th> : <td key={cell}>{inline(cell)}</td>,
                )}
              </tr>
            ))}
          </tbody>
        </table>
      );
    case 'paragraph':
      return <p>{inline(block.text)}</p>;
  }
}

export const Markdown = ({ text }: { readonly text: string }) => (
  <div className={styles.markdown}>
    {markdownBlocks(text).map((block, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the text does not change while it is shown
      <Fragment key={index}>{show(block)}</Fragment>
    ))}
  </div>
);
