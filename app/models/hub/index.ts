/** The Hugging Face hub: finding models there and getting them. */
export { CATALOGUE, type CatalogueEntry } from './catalogue.ts';
export { type GetOptions, getModel } from './get.ts';
export { type HubReference, parseReference } from './reference.ts';
export { type FoundModel, searchModels } from './search.ts';
export { type HubSettings, hubSettings } from './settings.ts';
