/** Everything the page can show, gathered from the two lists. */
import { leading, trailing } from '../pages/index.ts';
import { wizards } from '../wizards/index.ts';
import type { Command, Feature, Route } from './feature.ts';

export const features: readonly Feature[] = [...leading, ...wizards, ...trailing];
export const routes: readonly Route[] = features.flatMap((feature) => feature.routes);
export const commands: readonly Command[] = features.flatMap((feature) => feature.commands ?? []);
