/** Keeps a wizard's form as a draft on the engine: read once, saved a moment after each change. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { engine } from '../../client/client.ts';
import { EMPTY_FORM, type WizardForm } from './plan.ts';
import type { WizardDefinition } from './wizard.ts';

const QUIET_MS = 500;

export type DraftState = 'new' | 'saving' | 'saved' | 'failed';

export interface DraftForm {
  /** Undefined while a draft is being read. */
  readonly form: WizardForm | undefined;
  readonly draftId: string | undefined;
  readonly state: DraftState;
  readonly change: (part: Partial<WizardForm>) => void;
  /** The job took the draft over: nothing more is saved. */
  readonly close: () => void;
}

/**
 * @param wanted id of a draft to go on with; an unknown one begins anew
 * @param begin what a new form begins with
 * @param onId told when a new draft got its id
 */
export function useDraft(
  wizard: WizardDefinition,
  wanted: string | undefined,
  begin: Partial<WizardForm>,
  onId: (id: string) => void,
): DraftForm {
  const [form, setForm] = useState<WizardForm | undefined>(
    wanted === undefined ? { ...EMPTY_FORM, ...begin } : undefined,
  );
  const [state, setState] = useState<DraftState>('new');
  const draftId = useRef(wanted);
  const timer = useRef<number | undefined>(undefined);
  const closed = useRef(false);
  const latest = useRef<WizardForm | undefined>(undefined);
  const first = useRef({ begin, onId });
  first.current = { begin, onId };

  useEffect(() => {
    // A draft that was made a moment ago by this very page is already on the screen.
    if (wanted === draftId.current && latest.current !== undefined) return;
    if (wanted === undefined) {
      // Its row in the sidebar was clicked while a draft was open: that one is kept, a new one begins.
      if (draftId.current === undefined) return;
      draftId.current = undefined;
      latest.current = undefined;
      setForm({ ...EMPTY_FORM, ...first.current.begin });
      setState('new');
      return;
    }
    let gone = false;
    const use = (found: unknown) => {
      if (gone) return;
      draftId.current = found === undefined ? undefined : wanted;
      latest.current = undefined;
      setForm({ ...EMPTY_FORM, ...first.current.begin, ...(found as Partial<WizardForm> | undefined) });
      setState(found === undefined ? 'new' : 'saved');
    };
    engine.drafts.list({}).then(
      (drafts) => use(drafts.find(({ id }) => id === wanted)?.form),
      () => use(undefined),
    );
    return () => {
      gone = true;
    };
  }, [wanted]);

  const save = useCallback(async () => {
    timer.current = undefined;
    const current = latest.current;
    if (closed.current || current === undefined) return;
    const known = draftId.current;
    try {
      const title = wizard.sentence(current) || wizard.title;
      const saved = await engine.drafts.save({ id: known, wizard: wizard.technique, title, form: { ...current } });
      if (closed.current) return;
      draftId.current = saved.id;
      if (known === undefined) first.current.onId(saved.id);
      setState(latest.current === current ? 'saved' : 'saving');
    } catch {
      setState('failed');
    }
  }, [wizard]);

  const change = useCallback(
    (part: Partial<WizardForm>) => {
      setForm((old) => {
        const next = { ...EMPTY_FORM, ...old, ...part };
        latest.current = next;
        return next;
      });
      setState('saving');
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => void save(), QUIET_MS);
    },
    [save],
  );

  // Leaving the page must not lose what was typed in the last half second.
  useEffect(
    () => () => {
      if (timer.current === undefined) return;
      window.clearTimeout(timer.current);
      void save();
    },
    [save],
  );

  const close = useCallback(() => {
    closed.current = true;
    window.clearTimeout(timer.current);
    timer.current = undefined;
  }, []);

  return { form, draftId: draftId.current, state, change, close };
}
