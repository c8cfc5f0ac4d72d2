/** One version in the graph: what made it, its size, quality and speed; a button folds what was made from it. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import type { ModelSummary } from '../../../../app/contract/models.ts';
import { bytes } from '../../../format/bytes.ts';
import { shortNumber } from '../../../format/number.ts';
import { Icon } from '../../../ui/icon.tsx';
import { techniqueIcon, techniqueName } from '../../../ui/technique.ts';
import styles from './lineage.module.css';

export interface VersionData extends Record<string, unknown> {
  readonly model: ModelSummary;
  readonly selected: boolean;
  readonly below: number;
  readonly collapsed: boolean;
  readonly onFold: () => void;
}

export type VersionNodeType = Node<VersionData, 'version'>;

export function VersionNode({ data }: NodeProps<VersionNodeType>) {
  const { model, selected, below, collapsed, onFold } = data;
  const { measured } = model;
  return (
    <div className={selected ? `${styles.node} ${styles.selected}` : styles.node}>
      <Handle type="target" position={Position.Left} className={styles.handle} isConnectable={false} />
      <div className={styles.first}>
        <Icon name={techniqueIcon(model.technique)} size={14} />
        <b className="cut" title={model.name}>
          {model.name}
        </b>
        <span className={styles.made}>{techniqueName(model.technique)}</span>
      </div>
      <div className={styles.second}>
        <span>{bytes(model.sizeBytes)}</span>
        <span>{measured?.perplexity === undefined ? '' : `ppl ${shortNumber(measured.perplexity)}`}</span>
        <span>
          {measured?.decodeTokensPerSecond === undefined ? '' : `${shortNumber(measured.decodeTokensPerSecond)} tok/s`}
        </span>
      </div>
      <Handle type="source" position={Position.Right} className={styles.handle} isConnectable={false} />
      {below > 0 && (
        <button
          type="button"
          className={`${styles.fold} nodrag nopan`}
          aria-expanded={!collapsed}
          aria-label={`${collapsed ? 'Show' : 'Fold'} the ${below} made from ${model.name}`}
          onClick={(event) => {
            event.stopPropagation();
            onFold();
          }}
        >
          {collapsed ? below : <Icon name="minus" size={10} />}
        </button>
      )}
    </div>
  );
}
