/** Places versions left to right by how many steps they are from their origin; children stand beside their parent. */

export const NODE = { width: 208, height: 58, gapX: 64, gapY: 12 } as const;

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** Versions made from it, at any depth. */
  readonly below: number;
  readonly collapsed: boolean;
}

/**
 * Versions below a collapsed one are left out. A version with several parents stands under the first; a circle (which
 * a broken library could hold) is cut where it closes.
 * @param ids in the order in which siblings shall stand
 */
export function lineageLayout(
  ids: readonly string[],
  edges: readonly Edge[],
  collapsed: ReadonlySet<string>,
): readonly Placed[] {
  const children = new Map<string, string[]>();
  const known = new Set(ids);
  const hasParent = new Set<string>();
  for (const { from, to } of edges) {
    if (!known.has(from) || !known.has(to) || hasParent.has(to) || from === to) continue;
    hasParent.add(to);
    children.set(from, [...(children.get(from) ?? []), to]);
  }
  const rank = new Map(ids.map((id, index) => [id, index]));
  for (const list of children.values()) list.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));

  const placed: Placed[] = [];
  const seen = new Set<string>();
  let row = 0;
  const place = (id: string, depth: number): { readonly y: number; readonly below: number } => {
    seen.add(id);
    const own = (children.get(id) ?? []).filter((child) => !seen.has(child));
    const shut = collapsed.has(id);
    const at = placed.length;
    placed.push({ id, x: 0, y: 0, below: 0, collapsed: shut });
    let below = 0;
    const ys: number[] = [];
    for (const child of own) {
      if (shut) {
        below += 1 + hide(child);
        continue;
      }
      const told = place(child, depth + 1);
      ys.push(told.y);
      below += 1 + told.below;
    }
    const y = ys.length === 0 ? row++ * (NODE.height + NODE.gapY) : (ys[0] + ys[ys.length - 1]) / 2;
    placed[at] = { id, x: depth * (NODE.width + NODE.gapX), y, below, collapsed: shut };
    return { y, below };
  };
  const hide = (id: string): number => {
    if (seen.has(id)) return 0;
    seen.add(id);
    return (children.get(id) ?? []).reduce((sum, child) => sum + (seen.has(child) ? 0 : 1 + hide(child)), 0);
  };
  for (const id of ids) if (!hasParent.has(id)) place(id, 0);
  for (const id of ids) if (!seen.has(id)) place(id, 0);
  return placed;
}
