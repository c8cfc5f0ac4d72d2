/** How long the rows are, counted with a model's own tokenizer, and how much of them is learnt from. */
import { Select } from '@mantine/core';
import { Bars } from '../../charts/bars.tsx';
import { ChartCard } from '../../charts/chart-card.tsx';
import { compactCount, exactNumber, percent } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Loading } from '../../ui/loading.tsx';
import styles from './datasets.module.css';
import type { Check } from './use-check.ts';

export function CheckTab({ name, check }: { readonly name: string; readonly check: Check }) {
  return (
    <Asked query={check.query} loading={<Loading rows={6} label="Reading every row" />}>
      {({ tokens, rows, usableRows, duplicates, supervisedShare }) => (
        <div className={styles.stack}>
          {tokens === undefined ? (
            <Card flush>
              <EmptyState
                icon="data"
                title="No tokens are counted yet"
                example="Counting needs a model, for its tokenizer: get one under Models."
              />
            </Card>
          ) : (
            <ChartCard
              title="Length of the rows"
              sub="counted with"
              name={`${name} lengths`}
              columns={['from', 'to', 'rows']}
              rows={tokens.histogram}
              actions={
                <Select
                  aria-label="Model whose tokens are counted"
                  size="xs"
                  w={220}
                  data={[...check.models]}
                  value={check.modelId ?? null}
                  onChange={(value) => check.choose(value ?? undefined)}
                  allowDeselect={false}
                />
              }
            >
              <Bars
                label="Rows by their length in tokens"
                bars={tokens.histogram.map(({ from, to, rows: value }) => ({ from, to, value }))}
                xLabel="tokens"
                yLabel="Rows"
                even
                marks={[
                  { at: tokens.p50, text: `half are shorter than ${exactNumber(tokens.p50)}` },
                  { at: tokens.p95, text: `95% than ${exactNumber(tokens.p95)}` },
                ]}
              />
            </ChartCard>
          )}
          <Card title="What is in it">
            <Facts
              facts={[
                ['Usable rows', `${exactNumber(usableRows)} of ${exactNumber(rows)}`],
                ['Duplicates', exactNumber(duplicates)],
                tokens === undefined
                  ? undefined
                  : [
                      'Tokens',
                      <span key="t" title={exactNumber(tokens.total)}>
                        {compactCount(tokens.total)}
                      </span>,
                    ],
                supervisedShare === undefined ? undefined : ['Tokens that teach', percent(supervisedShare)],
                tokens === undefined ? undefined : ['Longest row', `${exactNumber(tokens.max)} tokens`],
              ]}
            />
          </Card>
        </div>
      )}
    </Asked>
  );
}
