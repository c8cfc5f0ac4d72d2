/** Text whose tokens stand on bars: the higher, the more layers ran before the token was given. */

export interface Piece {
  readonly text: string;
  readonly layers: number;
}

/** Height of the bar under a token whose every layer ran, px. */
const DEEPEST = 10;

export function LayeredText({ pieces, layers }: { readonly pieces: readonly Piece[]; readonly layers: number }) {
  return pieces.map(({ text, layers: used }, i) => {
    const height = Math.max(1, Math.round((DEEPEST * used) / layers));
    const key = `${i}.${text}`;
    return (
      <span
        key={key}
        title={`${used} of ${layers} layers`}
        style={{ boxShadow: `inset 0 -${height}px 0 var(--accent-line)` }}
      >
        {text}
      </span>
    );
  });
}
