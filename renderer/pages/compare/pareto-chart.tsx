/** Quality against a cost: every version a point, the front a step line, names that never collide. */
import { Button } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { ColumnTicks, RowTicks } from '../../charts/axis-ticks.tsx';
import { placeLabels } from '../../charts/labels.ts';
import type { Point } from '../../charts/pareto.ts';
import { textWidth } from '../../charts/text-width.ts';
import { axisFor } from '../../charts/ticks.ts';
import { exactNumber, shortNumber } from '../../format/number.ts';
import styles from './compare.module.css';
import type { Comparison, CostAxis, QualityAxis } from './points.ts';
import { useZoom } from './use-zoom.ts';

interface Props {
  readonly comparison: Comparison;
  readonly axis: CostAxis;
  readonly quality: QualityAxis;
  readonly nameOf: (id: string) => string;
  readonly base?: string;
  readonly selected?: string;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
}

/** Qualities further apart than this are drawn on a logarithmic scale. */
const WIDE = 4;
const LEFT = 48;
const RIGHT = 16;
const TOP = 24;
const BOTTOM = 40;

export function ParetoChart({ comparison, axis, quality, nameOf, base, selected, onSelect, onOpen }: Props) {
  const { ref, width, height } = useElementSize();
  const [hovered, setHovered] = useState<string>();
  const zoom = useZoom((from, to) => points.flatMap(({ id, x }) => (px(x) >= from && px(x) <= to ? id : [])));
  const points = comparison.points.filter(zoom.isShown);
  const front = comparison.front.filter(zoom.isShown);
  const xs = axisFor(
    points.map(({ x }) => x),
    { log: true, margin: 0.1 },
  );
  const qualities = points.map(({ y }) => y);
  const wide = Math.min(...qualities) > 0 && Math.max(...qualities) / Math.min(...qualities) > WIDE;
  const ys = axisFor(
    points.map(({ y }) => y),
    { log: wide, margin: 0.12 },
  );
  const inner = { width: Math.max(0, width - LEFT - RIGHT), height: Math.max(0, height - TOP - BOTTOM) };
  const px = (value: number): number => LEFT + xs.at(value) * inner.width;
  const py = (value: number): number => TOP + (1 - ys.at(value)) * inner.height;
  const onFront = new Set(front.map(({ id }) => id));
  const room = { left: LEFT, right: width - 4, top: TOP - 10, bottom: TOP + inner.height };
  const labels = placeLabels(
    points.map(({ id, x, y }) => ({
      id,
      x: px(x),
      y: py(y),
      width: textWidth(nameOf(id)) * (id === selected ? 1.08 : 1),
      weight: id === selected ? 3 : id === base ? 2 : onFront.has(id) ? 1 : 0,
    })),
    room,
  );
  const ordered = [...front].sort((a, b) => a.x - b.x);
  const leftFirst = axis.better === 'lower';
  const line = stepLine(ordered, px, py, {
    leftFirst,
    left: LEFT,
    right: width - RIGHT,
    top: TOP,
    worstDown: quality.better === 'higher',
    bottom: TOP + inner.height,
  });
  const tip = points.find(({ id }) => id === hovered);
  return (
    <div ref={ref} className={styles.plot}>
      <svg
        width={width}
        height={height}
        role="group"
        aria-label={`${quality.title} against ${axis.title.toLowerCase()}`}
      >
        <RowTicks ticks={ys.ticks} at={py} left={LEFT} right={width - RIGHT} />
        <ColumnTicks ticks={xs.ticks} at={px} top={TOP} bottom={TOP + inner.height} />
        <line className={styles.axis} x1={LEFT} x2={width - RIGHT} y1={TOP + inner.height} y2={TOP + inner.height} />
        <text className={styles.axisName} x={0} y={12}>
          {quality.title}, {quality.better} is better{wide ? ', log scale' : ''}
        </text>
        <text className={styles.axisName} x={width - RIGHT} y={height - 4} textAnchor="end">
          {axis.title}, {axis.unit}, log scale
        </text>
        <rect
          className={styles.ground}
          x={LEFT}
          y={TOP}
          width={inner.width}
          height={inner.height}
          fill="transparent"
          {...zoom.ground}
        />
        {zoom.marked !== undefined && (
          <rect
            x={zoom.marked[0]}
            y={TOP}
            width={zoom.marked[1] - zoom.marked[0]}
            height={inner.height}
            fill="var(--accent)"
            fillOpacity={0.12}
            pointerEvents="none"
          />
        )}
        <path className={styles.front} d={line} />
        {labels.map(({ id, x, y }) => (
          <text key={id} className={id === selected ? styles.nameSelected : styles.name} x={x} y={y + 4}>
            {nameOf(id)}
          </text>
        ))}
        {points.map((point) => (
          <Mark
            key={point.id}
            point={point}
            x={px(point.x)}
            y={py(point.y)}
            label={`${nameOf(point.id)}: ${quality.title.toLowerCase()} ${shortNumber(point.y)}, ${shortNumber(point.x)} ${axis.unit}, ${onFront.has(point.id) ? axis.best : axis.worse}`}
            look={point.id === base ? styles.base : onFront.has(point.id) ? styles.best : styles.off}
            selected={point.id === selected}
            onHover={setHovered}
            onSelect={onSelect}
            onOpen={onOpen}
          />
        ))}
      </svg>
      {zoom.zoomed && (
        <Button size="xs" variant="subtle" className={styles.whole} onClick={zoom.whole}>
          Whole range
        </Button>
      )}
      {tip !== undefined && (
        <div
          className={styles.tip}
          style={{ left: Math.min(px(tip.x) + 12, width - 190), top: Math.max(0, py(tip.y) - 64) }}
        >
          <b>{nameOf(tip.id)}</b>
          <p>
            {quality.title} <b>{exactNumber(tip.y)}</b>
          </p>
          <p>
            {axis.title}{' '}
            <b>
              {exactNumber(tip.x)} {axis.unit}
            </b>
          </p>
        </div>
      )}
    </div>
  );
}

interface MarkProps {
  readonly point: Point;
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly look: string;
  readonly selected: boolean;
  readonly onHover: (id: string | undefined) => void;
  readonly onSelect: (id: string) => void;
  readonly onOpen: (id: string) => void;
}

function Mark({ point, x, y, label, look, selected, onHover, onSelect, onOpen }: MarkProps) {
  const { id } = point;
  return (
    <g
      role="button"
      tabIndex={0}
      aria-label={label}
      aria-pressed={selected}
      className={styles.mark}
      onClick={() => onSelect(id)}
      onDoubleClick={() => onOpen(id)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && selected) onOpen(id);
        else if (event.key === 'Enter' || event.key === ' ') onSelect(id);
        else return;
        event.preventDefault();
      }}
      onFocus={() => onHover(id)}
      onBlur={() => onHover(undefined)}
      onMouseEnter={() => onHover(id)}
      onMouseLeave={() => onHover(undefined)}
    >
      <circle cx={x} cy={y} r={12} fill="transparent" />
      {selected && <circle className={styles.ring} cx={x} cy={y} r={8} />}
      <circle className={look} cx={x} cy={y} r={selected ? 5.5 : 4.5} />
    </g>
  );
}

interface StepEnds {
  readonly leftFirst: boolean;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly worstDown: boolean;
}

/** The best quality to be had at each cost, as a stair. */
function stepLine(
  ordered: readonly Point[],
  px: (v: number) => number,
  py: (v: number) => number,
  ends: StepEnds,
): string {
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) return '';
  const worst = ends.worstDown ? ends.bottom : ends.top;
  // Where more is better the stair is read from the right: the best point's quality holds to its left.
  const parts = ends.leftFirst
    ? [`M${px(first.x)} ${worst}V${py(first.y)}`]
    : [`M${ends.left} ${py(first.y)}H${px(first.x)}`];
  for (const point of ordered.slice(1))
    parts.push(ends.leftFirst ? `H${px(point.x)}V${py(point.y)}` : `V${py(point.y)}H${px(point.x)}`);
  parts.push(ends.leftFirst ? `H${ends.right}` : `V${worst}`);
  return parts.join('');
}
