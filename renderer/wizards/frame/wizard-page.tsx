/** The frame around every wizard: stepper, the screen, the consequence panel, Back, Next and Start, drafts. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import type { TechniqueInfo } from '../../../app/contract/techniques.ts';
import { engine } from '../../client/client.ts';
import { failureOf, type PageFailure } from '../../client/failure.ts';
import { Asked } from '../../ui/asked.tsx';
import { useTellCrumbs } from '../../ui/crumbs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Icon } from '../../ui/icon.tsx';
import { fieldsOf, type ParameterSchema } from '../form/fields.ts';
import { consequenceOf } from './consequence.ts';
import { ConsequencePanel } from './consequence-panel.tsx';
import { EMPTY_FORM, type WizardForm } from './plan.ts';
import { Stepper } from './stepper.tsx';
import { Unfinished } from './unfinished.tsx';
import { type DraftState, useDraft } from './use-draft.ts';
import { useEstimate } from './use-estimate.ts';
import { useModel } from './use-model.ts';
import type { WizardDefinition } from './wizard.ts';
import styles from './wizard-page.module.css';

export function WizardPage({ wizard }: { readonly wizard: WizardDefinition }) {
  const [search] = useSearchParams();
  const techniques = useQuery({ queryKey: ['techniques'], queryFn: () => engine.techniques.list({}) });
  return (
    <Asked query={techniques}>
      {(list) => {
        const technique = list.find(({ name }) => name === wizard.technique);
        return technique ? (
          <Ready key={search.get('model') ?? ''} wizard={wizard} technique={technique} />
        ) : (
          <ErrorNote
            error={{
              message: `This engine cannot ${wizard.title.toLowerCase()}.`,
              hint: 'Page and engine are of different versions: reload the page.',
              code: 'engine/no-technique',
            }}
          />
        );
      }}
    </Asked>
  );
}

/** What another page handed over in the address: `?model=…&dataset=…`, with names for people. */
function handedOver(search: URLSearchParams, technique: TechniqueInfo): Partial<WizardForm> {
  const named = (key: string) => {
    const id = search.get(key);
    return id === null ? undefined : { id, name: search.get(`${key}Name`) ?? id };
  };
  const balanced = technique.presets.find(({ id }) => id === 'balanced');
  return {
    ...(balanced ? { preset: balanced.id, options: { ...balanced.values } } : {}),
    model: named('model'),
    dataset: named('dataset'),
  };
}

function Ready({ wizard, technique }: { readonly wizard: WizardDefinition; readonly technique: TechniqueInfo }) {
  const [, go] = useLocation();
  const [search, setSearch] = useSearchParams();
  const put = (key: string, value: string, replace: boolean) =>
    setSearch(
      (old) => {
        const next = new URLSearchParams(old);
        next.set(key, value);
        return next;
      },
      { replace },
    );
  const draft = useDraft(wizard, search.get('draft') ?? undefined, handedOver(search, technique), (id) => {
    // The user may have gone elsewhere while it was saved: nobody is called back for that.
    if (window.location.hash.startsWith(`#${wizard.path}`)) put('draft', id, true);
  });
  const form = draft.form ?? EMPTY_FORM;
  const model = useModel(form.model?.id, wizard.unused !== undefined);
  const fields = useMemo(() => {
    const unused = (model && wizard.unused?.(model, form)) ?? [];
    return fieldsOf(technique.schema as ParameterSchema, technique.name, [...wizard.hidden, ...unused]);
  }, [technique, wizard, model, form]);
  const estimate = useEstimate(technique.name, form, form.options);

  const { steps } = wizard;
  const firstMissing = steps.findIndex((step) => step.missing(form) !== undefined);
  const reachable = firstMissing < 0 ? steps.length - 1 : firstMissing;
  const asked = steps.findIndex(({ id }) => id === search.get('step'));
  const current = Math.min(Math.max(0, asked), reachable);
  const open = (index: number) => put('step', steps[index].id, false);
  const step = steps[current];

  useTellCrumbs([
    ...(form.model === undefined ? [] : [{ label: form.model.name, to: `/models/${form.model.id}` }]),
    { label: wizard.title, to: draft.draftId === undefined ? wizard.path : `${wizard.path}?draft=${draft.draftId}` },
    { label: step.title },
  ]);
  const heading = useRef<HTMLDivElement>(null);
  const shown = useRef(current);
  useEffect(() => {
    document.title = `${wizard.title}: ${steps[current].title} - Lathe`;
    if (shown.current === current) return;
    shown.current = current;
    // A reader hears the new screen, the keyboard goes on from its beginning.
    heading.current?.focus();
  }, [current, steps, wizard]);

  const [starting, setStarting] = useState(false);
  const [failure, setFailure] = useState<PageFailure>();
  async function start(): Promise<void> {
    setStarting(true);
    setFailure(undefined);
    try {
      const title = wizard.sentence(form)
        ? `${wizard.title} ${titleOf(form, technique.data === 'required')}`
        : wizard.title;
      const prompts = form.prompts.map((prompt) => prompt.trim()).filter(Boolean);
      draft.close();
      const job = await engine.jobs.start({
        plan: wizard.plan(form, fields),
        title: title.slice(0, 120),
        prompts: prompts.slice(0, 10),
        draftId: draft.draftId,
      });
      go(`/jobs/${job.id}`);
    } catch (error) {
      setFailure(failureOf(error));
      setStarting(false);
    }
  }

  const last = current === steps.length - 1;
  const missing = step.missing(form);
  const blocked = form.model !== undefined && estimate.data !== undefined && consequenceOf(estimate.data).blocksNext;
  const reason = missing ?? (blocked ? 'This will not work here: see "On this machine".' : undefined);
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <h1>{wizard.title}</h1>
        <Stepper steps={steps} current={current} reachable={reachable} open={open} />
        <span className="grow" />
        <DraftNote state={draft.state} />
      </div>
      <div className={styles.columns}>
        <div
          className={styles.screen}
          ref={heading}
          tabIndex={-1}
          role="group"
          aria-label={`Step ${current + 1}: ${step.title}`}
        >
          {current === 0 && draft.state === 'new' && draft.form !== undefined && form.model === undefined && (
            <Unfinished wizard={technique.name} open={(id) => put('draft', id, true)} />
          )}
          {draft.form !== undefined && (
            <step.Screen wizard={wizard} technique={technique} fields={fields} form={form} change={draft.change} />
          )}
          {failure !== undefined && <ErrorNote error={failure} />}
        </div>
        <ConsequencePanel
          form={form}
          query={estimate}
          remedy={(options) => draft.change({ options: { ...form.options, ...options } })}
        />
      </div>
      <div className={styles.foot}>
        <span className="t3 f12 grow cut">{wizard.sentence(form)}</span>
        {reason !== undefined && (
          <span className="t2 f12" id="wizard-reason">
            {reason}
          </span>
        )}
        <Button disabled={current === 0} onClick={() => open(current - 1)}>
          Back
        </Button>
        {last ? (
          <Button
            variant="filled"
            disabled={reason !== undefined}
            loading={starting}
            aria-describedby={reason === undefined ? undefined : 'wizard-reason'}
            onClick={() => void start()}
          >
            Start
          </Button>
        ) : (
          <Button
            variant="filled"
            disabled={reason !== undefined}
            aria-describedby={reason === undefined ? undefined : 'wizard-reason'}
            onClick={() => open(current + 1)}
          >
            Next
          </Button>
        )}
      </div>
    </div>
  );
}

/** What a job is called after: its data where it learns from them, else its model. */
const titleOf = ({ model, dataset }: WizardForm, learns: boolean): string =>
  (learns ? (dataset ?? model) : model)?.name ?? '';

function DraftNote({ state }: { readonly state: DraftState }) {
  if (state === 'new') return null;
  return (
    <span className={`${styles.draft} t3 f12`} role="status">
      {state === 'saved' && <Icon name="check" size={14} />}
      {state === 'failed' && <Icon name="warn" size={14} />}
      {state === 'saved' ? 'Draft saved' : state === 'saving' ? 'Saving draft' : 'Draft not saved: the engine is away'}
    </span>
  );
}
