/** The bits of single layers as the setting holds them, "0=8, 4-7=3", and as rows of a table; see the engine's `layer-bits.ts`. */

/** Bits by layer. What nobody could mean is passed over: the engine says what is wrong with it. */
export function bitsByLayer(setting: unknown): Map<number, number> {
  const bits = new Map<number, number>();
  if (typeof setting !== 'string') return bits;
  for (const part of setting.split(',')) {
    const [layers, width] = part.split('=').map((text) => text.trim());
    const [first, last = first] = layers.split('-').map(Number);
    if (!(Number(width) > 0) || Number.isNaN(first + last)) continue;
    for (let layer = first; layer <= Math.min(last, 9999); layer++) bits.set(layer, Number(width));
  }
  return bits;
}

/** The shortest text for these. */
export function layerBitsText(bits: ReadonlyMap<number, number>): string {
  const runs: { first: number; last: number; width: number }[] = [];
  for (const [layer, width] of [...bits].sort(([a], [b]) => a - b)) {
    const run = runs.at(-1);
    if (run && run.last === layer - 1 && run.width === width) run.last = layer;
    else runs.push({ first: layer, last: layer, width });
  }
  return runs.map(({ first, last, width }) => `${first === last ? first : `${first}-${last}`}=${width}`).join(', ');
}
