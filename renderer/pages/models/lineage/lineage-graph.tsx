/** The graph of versions: pan by dragging, zoom by wheel or buttons, fold branches, Enter or click selects. */
import '@xyflow/react/dist/base.css';
import { ActionIcon, Tooltip } from '@mantine/core';
import { type Edge, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import { useEffect, useMemo, useState } from 'react';
import type { ModelSummary } from '../../../../app/contract/models.ts';
import { go } from '../../../app/hash-location.ts';
import { Icon } from '../../../ui/icon.tsx';
import { techniqueName } from '../../../ui/technique.ts';
import { lineageLayout, NODE } from './layout.ts';
import styles from './lineage.module.css';
import { VersionNode, type VersionNodeType } from './version-node.tsx';

const nodeTypes = { version: VersionNode };
const FIT = { padding: 0.06, maxZoom: 1, minZoom: 0.3 } as const;

export interface LineageProps {
  readonly models: readonly ModelSummary[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly technique: string }[];
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

function Graph({ models, edges, selected, onSelect }: LineageProps) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const flow = useReactFlow();
  const nodes = useMemo(() => {
    const byId = new Map(models.map((model) => [model.id, model]));
    const ids = [...models].sort((a, b) => a.addedAt - b.addedAt).map(({ id }) => id);
    const toggle = (id: string) =>
      setCollapsed((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    return lineageLayout(ids, edges, collapsed).flatMap((place): VersionNodeType[] => {
      const model = byId.get(place.id);
      if (model === undefined) return [];
      return [
        {
          id: place.id,
          type: 'version',
          position: { x: place.x, y: place.y },
          width: NODE.width,
          height: NODE.height,
          ariaLabel: `${model.name}, ${techniqueName(model.technique)}`,
          data: {
            model,
            selected: model.id === selected,
            below: place.below,
            collapsed: place.collapsed,
            onFold: () => toggle(place.id),
          },
        },
      ];
    });
  }, [models, edges, collapsed, selected]);
  const shown = new Set(nodes.map(({ id }) => id));
  const lines: Edge[] = edges
    .filter(({ from, to }) => shown.has(from) && shown.has(to))
    .map(({ from, to }) => ({
      id: `${from} ${to}`,
      source: from,
      target: to,
      focusable: false,
      className: to === selected ? styles.hot : styles.line,
    }));
  const family = nodes.map(({ id }) => id).join();
  const room = useStore(({ width, height }) => `${width} ${height}`);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another set of versions, or another room, is shown whole
  useEffect(() => void flow.fitView({ ...FIT, duration: 0 }), [family, room, flow]);
  return (
    <ReactFlow
      nodes={nodes}
      edges={lines}
      nodeTypes={nodeTypes}
      fitView
      fitViewOptions={FIT}
      minZoom={0.1}
      maxZoom={1.5}
      nodesDraggable={false}
      nodesConnectable={false}
      zoomOnDoubleClick={false}
      deleteKeyCode={null}
      onlyRenderVisibleElements
      proOptions={{ hideAttribution: true }}
      onNodeClick={(_, node) => onSelect(node.id)}
      onNodeDoubleClick={(_, node) => go(`/models/${node.id}`)}
      onSelectionChange={({ nodes: [node] }) => node !== undefined && node.id !== selected && onSelect(node.id)}
    >
      <div className={styles.controls}>
        <Tooltip label="Zoom in">
          <ActionIcon aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
            <Icon name="plus" />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Zoom out">
          <ActionIcon aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
            <Icon name="minus" />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Show all">
          <ActionIcon aria-label="Show all versions" onClick={() => void flow.fitView(FIT)}>
            <Icon name="fitview" />
          </ActionIcon>
        </Tooltip>
      </div>
    </ReactFlow>
  );
}

export const LineageGraph = (props: LineageProps) => (
  <ReactFlowProvider>
    <Graph {...props} />
  </ReactFlowProvider>
);
