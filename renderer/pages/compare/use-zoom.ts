/** Dragging over a chart's ground to see only the points there: what a range holds is kept by name, so that sorting and news do not matter. */
import { type PointerEvent, useState } from 'react';

interface Placed {
  readonly id: string;
}

/** Narrower is a click. */
const NARROWEST_PX = 8;
const FEWEST = 2;

export interface Zoom {
  /** The pixels that are being marked. */
  readonly marked: readonly [number, number] | undefined;
  readonly zoomed: boolean;
  readonly isShown: (point: Placed) => boolean;
  readonly whole: () => void;
  readonly ground: {
    readonly onPointerDown: (event: PointerEvent<SVGElement>) => void;
    readonly onPointerMove: (event: PointerEvent<SVGElement>) => void;
    readonly onPointerUp: (event: PointerEvent<SVGElement>) => void;
  };
}

/** @param between ids of the points that lie between two places along the axis, in pixels */
export function useZoom(between: (from: number, to: number) => readonly string[]): Zoom {
  const [shown, setShown] = useState<ReadonlySet<string>>();
  const [drag, setDrag] = useState<readonly [number, number]>();
  const place = ({ currentTarget, clientX }: PointerEvent<SVGElement>) =>
    clientX - (currentTarget.ownerSVGElement ?? currentTarget).getBoundingClientRect().left;
  const marked = drag && ([Math.min(...drag), Math.max(...drag)] as const);
  return {
    marked: marked && marked[1] - marked[0] >= NARROWEST_PX ? marked : undefined,
    zoomed: shown !== undefined,
    isShown: ({ id }) => shown === undefined || shown.has(id),
    whole: () => setShown(undefined),
    ground: {
      onPointerDown: (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([place(event), place(event)]);
      },
      onPointerMove: (event) => drag && setDrag([drag[0], place(event)]),
      onPointerUp: () => {
        if (marked && marked[1] - marked[0] >= NARROWEST_PX) {
          const inside = between(...marked);
          if (inside.length >= FEWEST) setShown(new Set(inside));
        }
        setDrag(undefined);
      },
    },
  };
}
