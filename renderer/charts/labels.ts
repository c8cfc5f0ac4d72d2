/** Places the names of points so that none covers another name or another point; a name with no room is left out. */

export interface Labelled {
  readonly id: string;
  /** Pixels. */
  readonly x: number;
  readonly y: number;
  /** Of the text, pixels. */
  readonly width: number;
  /** Higher ones are placed first. */
  readonly weight: number;
}

export interface PlacedLabel {
  readonly id: string;
  /** Left end and baseline's middle of the text, pixels. */
  readonly x: number;
  readonly y: number;
}

export interface Room {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const HEIGHT = 14;
const GAP = 8;
const MARK = 6;

const overlaps = (a: Room, b: Room): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const inside = (a: Room, room: Room): boolean =>
  a.left >= room.left && a.right <= room.right && a.top >= room.top && a.bottom <= room.bottom;

/** Right, left, above, below, then the four corners. */
function places({ x, y, width }: Labelled): readonly Room[] {
  const box = (left: number, middle: number): Room => ({
    left,
    right: left + width,
    top: middle - HEIGHT / 2,
    bottom: middle + HEIGHT / 2,
  });
  return [
    box(x + GAP, y),
    box(x - GAP - width, y),
    box(x - width / 2, y - GAP - HEIGHT / 2),
    box(x - width / 2, y + GAP + HEIGHT / 2),
    box(x + GAP, y - HEIGHT),
    box(x + GAP, y + HEIGHT),
    box(x - GAP - width, y - HEIGHT),
    box(x - GAP - width, y + HEIGHT),
  ];
}

export function placeLabels(points: readonly Labelled[], room: Room): readonly PlacedLabel[] {
  const marks = points.map(({ x, y }) => ({ left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK }));
  const taken: Room[] = [];
  const placed: PlacedLabel[] = [];
  const order = points.map((point, index) => ({ point, index })).sort((a, b) => b.point.weight - a.point.weight);
  for (const { point, index } of order) {
    const free = places(point).find(
      (box) =>
        inside(box, room) &&
        !taken.some((other) => overlaps(box, other)) &&
        !marks.some((mark, owner) => owner !== index && overlaps(box, mark)),
    );
    if (free === undefined) continue;
    taken.push(free);
    placed.push({ id: point.id, x: free.left, y: (free.top + free.bottom) / 2 });
  }
  return placed;
}
