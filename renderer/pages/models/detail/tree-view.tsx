/** A tree by WAI-ARIA's pattern: arrows move and fold, Enter chooses. */
import { type KeyboardEvent, useRef, useState } from 'react';
import { compactCount, exactNumber } from '../../../format/number.ts';
import { Icon } from '../../../ui/icon.tsx';
import styles from './detail.module.css';
import type { TensorNode } from './tensor-tree.ts';

interface Props {
  readonly nodes: readonly TensorNode[];
  readonly chosen?: string;
  readonly onChoose: (tensor: string) => void;
}

interface Line {
  readonly node: TensorNode;
  readonly depth: number;
  readonly parent?: string;
}

function linesOf(nodes: readonly TensorNode[], open: ReadonlySet<string>, depth = 0, parent?: string): Line[] {
  return nodes.flatMap((node) => [
    { node, depth, parent },
    ...(open.has(node.path) ? linesOf(node.children, open, depth + 1, node.path) : []),
  ]);
}

/** Opened at first: whatever leads to the numbered layers, not the layers themselves. */
function openAtFirst(nodes: readonly TensorNode[]): ReadonlySet<string> {
  const open = new Set<string>();
  const visit = (list: readonly TensorNode[]): void => {
    for (const { path, label, children } of list) {
      if (children.length === 0 || /^\d/.test(label)) continue;
      open.add(path);
      visit(children);
    }
  };
  visit(nodes);
  return open;
}

export function TreeView({ nodes, chosen, onChoose }: Props) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => openAtFirst(nodes));
  const [current, setCurrent] = useState(nodes[0]?.path);
  const list = useRef<HTMLDivElement>(null);
  const lines = linesOf(nodes, open);
  const at = Math.max(
    0,
    lines.findIndex(({ node }) => node.path === current),
  );

  const fold = (path: string, wanted: boolean) => {
    const next = new Set(open);
    if (wanted) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  const focus = (path: string | undefined) => {
    if (path === undefined) return;
    setCurrent(path);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus());
  };
  const act = ({ node }: Line) => {
    setCurrent(node.path);
    if (node.tensor !== undefined) onChoose(node.tensor.name);
    else fold(node.path, !open.has(node.path));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[at];
    if (line === undefined) return;
    const { node, parent } = line;
    const branch = node.children.length > 0;
    if (event.key === 'ArrowDown') focus(lines[at + 1]?.node.path);
    else if (event.key === 'ArrowUp') focus(lines[at - 1]?.node.path);
    else if (event.key === 'Home') focus(lines[0]?.node.path);
    else if (event.key === 'End') focus(lines.at(-1)?.node.path);
    else if (event.key === 'ArrowRight' && branch)
      open.has(node.path) ? focus(lines[at + 1]?.node.path) : fold(node.path, true);
    else if (event.key === 'ArrowLeft') branch && open.has(node.path) ? fold(node.path, false) : focus(parent);
    else if (event.key === 'Enter' || event.key === ' ') act(line);
    else return;
    event.preventDefault();
  };

  return (
    <div role="tree" aria-label="Layers" ref={list} className={styles.treeView} onKeyDown={onKeyDown}>
      {lines.map((line, index) => {
        const { node, depth } = line;
        const branch = node.children.length > 0;
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled once, by the tree
          <div
            key={node.path}
            role="treeitem"
            data-path={node.path}
            aria-level={depth + 1}
            aria-expanded={branch ? open.has(node.path) : undefined}
            aria-selected={node.tensor !== undefined && node.tensor.name === chosen}
            tabIndex={index === at ? 0 : -1}
            className={
              node.tensor !== undefined && node.tensor.name === chosen ? `${styles.line} ${styles.chosen}` : styles.line
            }
            style={{ paddingLeft: 12 + depth * 16 }}
            onClick={() => act(line)}
            onFocus={() => setCurrent(node.path)}
          >
            {branch ? <Icon name={open.has(node.path) ? 'cd' : 'cr'} size={12} /> : <span className={styles.leaf} />}
            <span className="cut grow">{node.label}</span>
            <span className="t3 f12">
              {node.tensor === undefined ? '' : `${node.tensor.shape.join(' × ')}  ${node.tensor.dtype}`}
            </span>
            <span className={styles.parameters} title={`${exactNumber(node.parameters)} weights`}>
              {compactCount(node.parameters)}
            </span>
          </div>
        );
      })}
    </div>
  );
}
