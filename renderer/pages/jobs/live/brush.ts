/** Dragging along a chart's steps to zoom into them; all charts of a job share the range, each its own drag. */
import { useState } from 'react';

/** First and last step. */
export type Range = readonly [number, number];

export interface Zoom {
  /** undefined: all steps. */
  readonly range: Range | undefined;
  readonly show: (range: Range | undefined) => void;
}

interface Place {
  readonly activeLabel?: string | number;
}

/** Fewer steps than this are a click, not a range. */
const FEWEST = 2;

export function useBrush(show: Zoom['show']) {
  const [drag, setDrag] = useState<Range>();
  const stepAt = ({ activeLabel }: Place): number | undefined => {
    const step = Number(activeLabel);
    return activeLabel !== undefined && Number.isFinite(step) ? step : undefined;
  };
  const finish = () => {
    if (drag && Math.abs(drag[1] - drag[0]) >= FEWEST) show([Math.min(...drag), Math.max(...drag)]);
    setDrag(undefined);
  };
  return {
    drag,
    handlers: {
      onMouseDown: (place: Place) => {
        const step = stepAt(place);
        if (step !== undefined) setDrag([step, step]);
      },
      onMouseMove: (place: Place) => {
        const step = stepAt(place);
        if (drag && step !== undefined) setDrag([drag[0], step]);
      },
      onMouseUp: finish,
      onMouseLeave: finish,
    },
  };
}

export const within = <T extends { readonly step: number }>(
  rows: readonly T[],
  range: Range | undefined,
): readonly T[] => (range === undefined ? rows : rows.filter(({ step }) => step >= range[0] && step <= range[1]));
