/** The user's own prompts, answered before and after, the words that changed marked. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { counted } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import type { Sample } from '../job-feed.ts';
import { compareAnswers, type Piece } from './answer-difference.ts';
import styles from './answers.module.css';

/** So many stand before "Show all" is asked for. */
const FEW = 3;

export function Answers({ samples }: { readonly samples: readonly Sample[] }) {
  const [all, setAll] = useState(false);
  const pairs = pairsOf(samples);
  if (pairs.length === 0) return null;
  const kinds = { same: 0, reworded: 0, different: 0 };
  const compared = pairs.map(({ prompt, before, after }) => {
    const difference = compareAnswers(before.trim(), after.trim());
    kinds[difference.kind]++;
    return { prompt, difference };
  });
  const shown = all ? compared : compared.slice(0, FEW);
  return (
    <Card
      title="Your prompts"
      sub={`same seed; ${counted(kinds.same, 'the same', 'the same')}, ${kinds.reworded} reworded, ${kinds.different} different`}
      label="Answers before and after"
      flush
      actions={
        compared.length > FEW && (
          <Button size="xs" variant="subtle" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${compared.length}`}
          </Button>
        )
      }
    >
      <table className={styles.table}>
        <thead>
          <tr>
            <th>Prompt</th>
            <th className={styles.before}>Before</th>
            <th className={styles.after}>After</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ prompt, difference }) => (
            <tr key={prompt}>
              <th scope="row">{prompt}</th>
              <td>
                <Text pieces={difference.before} />
              </td>
              <td>
                <Text pieces={difference.after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

const Text = ({ pieces }: { readonly pieces: readonly Piece[] }) => (
  <p className={styles.text}>
    {pieces.length === 0 && <span className="t3">(nothing)</span>}
    {pieces.map(({ text, changed }, i) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text that never changes
      changed ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>,
    )}
  </p>
);

function pairsOf(samples: readonly Sample[]): { prompt: string; before: string; after: string }[] {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt))];
  return prompts.flatMap((prompt) => {
    const before = samples.find((s) => s.prompt === prompt && s.moment === 'before');
    const after = samples.findLast((s) => s.prompt === prompt && s.moment === 'after');
    return before && after ? [{ prompt, before: before.text, after: after.text }] : [];
  });
}
