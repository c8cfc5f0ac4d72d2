/** Playground: one conversation, one or two versions that answer it, and the dials. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { engine } from '../../client/client.ts';
import { Asked } from '../../ui/asked.tsx';
import { useTellCrumbs } from '../../ui/crumbs.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Page } from '../../ui/page.tsx';
import { Composer } from './composer.tsx';
import { Dials } from './dials.tsx';
import { FREE_FORM } from './form.ts';
import { ModelChoice } from './model-choice.tsx';
import styles from './playground-page.module.css';
import { DEFAULT_SAMPLING } from './sampling.ts';
import { Turns } from './turns.tsx';
import { useConversation } from './use-conversation.ts';

export default function PlaygroundPage() {
  useTellCrumbs([{ label: 'Playground' }]);
  const [, go] = useLocation();
  const newest = useQuery({ queryKey: ['models', 'newest'], queryFn: () => engine.models.list({ limit: 1 }) });
  return (
    <Asked query={newest}>
      {({ items }) =>
        items.length === 0 ? (
          <Page title="Playground">
            <EmptyState
              icon="chat"
              title="Chat with a model here, or with two versions side by side."
              example="The library is empty: begin with the starter model, or import one."
              action={
                <Button variant="filled" onClick={() => go('/models')}>
                  Go to models
                </Button>
              }
            />
          </Page>
        ) : (
          <Chat fallback={items[0].id} />
        )
      }
    </Asked>
  );
}

function Chat({ fallback }: { readonly fallback: string }) {
  const [search, setSearch] = useSearchParams();
  const left = search.get('left') ?? fallback;
  const right = search.get('right') ?? undefined;
  const put = (key: string, value: string | undefined) =>
    setSearch(
      (old) => {
        const next = new URLSearchParams(old);
        if (value === undefined) next.delete(key);
        else next.set(key, value);
        return next;
      },
      { replace: true },
    );
  const [system, setSystem] = useState('');
  const [sampling, setSampling] = useState(DEFAULT_SAMPLING);
  const [form, setForm] = useState(FREE_FORM);
  const [seed, setSeed] = useState<number>();
  const [threshold, setThreshold] = useState<number>();
  const models = right === undefined || right === left ? [left] : [left, right];
  const stopping = useQuery({
    queryKey: ['models', 'stopping', ...models],
    queryFn: async () => {
      const all = await Promise.all(models.map((id) => engine.models.get({ id })));
      return all.every(({ adaptive }) => adaptive === 'decoder' || adaptive === 'chat-cascade');
    },
  });
  const dialled = stopping.data === true && sampling.temperature === 0 && sampling.repetitionPenalty === 1;
  const playing = useConversation({ models, system, sampling, form, seed, threshold: dialled ? threshold : undefined });
  return (
    <Page
      title="Playground"
      fill
      sub={models.length === 1 ? 'one version' : 'two versions, the same question to both'}
      actions={
        <Button
          leftSection={<Icon name="reset" />}
          disabled={playing.conversation.length === 0}
          onClick={playing.clear}
        >
          New conversation
        </Button>
      }
    >
      <div className={styles.columns}>
        <section className={styles.chat} aria-label="Conversation">
          <div className={styles.versions}>
            <ModelChoice label="Version" value={left} choose={(id) => put('left', id)} />
            {right === undefined ? (
              <Button leftSection={<Icon name="plus" />} onClick={() => put('right', left)}>
                Add a version beside it
              </Button>
            ) : (
              <ModelChoice
                label="Second version"
                value={right}
                choose={(id) => put('right', id)}
                remove={() => put('right', undefined)}
              />
            )}
          </div>
          <Turns models={models} playing={playing} />
          <Composer playing={playing} />
        </section>
        <Dials
          system={system}
          setSystem={setSystem}
          sampling={sampling}
          setSampling={setSampling}
          form={form}
          setForm={setForm}
          seed={seed}
          setSeed={setSeed}
          careful={stopping.data === true ? { value: threshold, set: setThreshold } : undefined}
        />
      </div>
    </Page>
  );
}
