/** What a page or wizard registers: its place in the sidebar, its routes, its commands. */
import type { ComponentType } from 'react';
import type { IconName } from '../ui/icons.tsx';

export interface Route {
  /** As wouter writes it: `/models/:id`. */
  readonly path: string;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

/** An action of the command palette. */
export interface Command {
  readonly id: string;
  /** A verb first: "Import a model". */
  readonly title: string;
  readonly icon: IconName;
  /** Further words that find it. */
  readonly words?: string;
  readonly run: () => void;
}

export interface Feature {
  /** Also its accessible name in the sidebar. */
  readonly title: string;
  readonly icon: IconName;
  /** Its first page; everything below it lights the same sidebar row. */
  readonly path: string;
  readonly routes: readonly Route[];
  readonly commands?: readonly Command[];
}

/** A wizard stands in one of three groups of the sidebar. */
export interface WizardFeature extends Feature {
  readonly group: 'Tune' | 'Shrink' | 'Run';
}
