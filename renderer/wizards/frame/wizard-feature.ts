/** Makes a wizard known to the application: its place in the sidebar, its route, its command. The screens load when asked for. */
import { createElement } from 'react';
import type { WizardFeature } from '../../app/feature.ts';
import { go } from '../../app/hash-location.ts';
import type { IconName } from '../../ui/icons.tsx';
import type { WizardDefinition } from './wizard.ts';

interface Place {
  readonly title: string;
  readonly icon: IconName;
  readonly path: string;
  readonly group: WizardFeature['group'];
  /** "Fine-tune a model" */
  readonly command: string;
  /** Further words that find it. */
  readonly words: string;
}

export function wizardFeature(place: Place, load: () => Promise<{ readonly wizard: WizardDefinition }>): WizardFeature {
  const { title, icon, path, group, command, words } = place;
  return {
    title,
    icon,
    path,
    group,
    routes: [
      {
        path,
        load: async () => {
          const [{ WizardPage }, { wizard }] = await Promise.all([import('./wizard-page.tsx'), load()]);
          return { default: () => createElement(WizardPage, { wizard }) };
        },
      },
    ],
    commands: [{ id: `wizard${path}`, title: command, icon, words, run: () => go(path) }],
  };
}
