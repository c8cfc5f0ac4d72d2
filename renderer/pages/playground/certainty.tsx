/** An answer token by token, tinted the more the less sure the model was; pointing at one says what else could have come. */
import { Tooltip } from '@mantine/core';
import type { TokenCertainty } from '../../../app/contract/playground.ts';
import { levelOf } from './certainty-level.ts';
import styles from './turns.module.css';

const percent = (logProbability: number): string => {
  const share = 100 * Math.exp(logProbability);
  return `${share >= 10 ? share.toFixed(0) : share.toFixed(1)}%`;
};
const shown = (text: string): string => (text.trim() === '' ? JSON.stringify(text) : text);

export function Certainty({ tokens }: { readonly tokens: readonly TokenCertainty[] }) {
  return (
    <>
      <p className={styles.text}>
        {tokens.map((token, index) => (
          <Tooltip
            // biome-ignore lint/suspicious/noArrayIndexKey: tokens stay where they are
            key={index}
            multiline
            label={
              <>
                {shown(token.text)}: {percent(token.logProbability)}
                {token.top.map(({ text, logProbability }, place) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: the likeliest stay in their order
                  <div key={place}>
                    {percent(logProbability)} {shown(text)}
                  </div>
                ))}
              </>
            }
          >
            <span data-unsure={levelOf(token.logProbability)}>{index === 0 ? token.text.trimStart() : token.text}</span>
          </Tooltip>
        ))}
      </p>
      <p className={styles.legend}>
        <span data-unsure={0}>80% likely or more</span>
        <span data-unsure={1}>40%</span>
        <span data-unsure={2}>10%</span>
        <span data-unsure={3}>less</span>
        <span>{percent(meanOf(tokens))} a token on average</span>
      </p>
    </>
  );
}

/** Geometric, as perplexity takes it. */
const meanOf = (tokens: readonly TokenCertainty[]): number =>
  tokens.reduce((sum, { logProbability }) => sum + logProbability, 0) / Math.max(1, tokens.length);
