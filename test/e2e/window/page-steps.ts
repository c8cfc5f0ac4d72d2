/** What a user does on the pages, in either carrier: one vocabulary for all tests of the window. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { dropFiles } from './drop-files.ts';
import { ROOT } from './open-lathe.ts';

/** A job of a few training steps on two busy cores. */
const JOB_PATIENCE = 150_000;

export const engineReady = (page: Page): Promise<void> => expect(page.getByText('Engine ready')).toBeVisible();

/** By the sidebar's accessible name. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
  // Pages come in pieces of their own: the one before stays until the next is there.
  await expect(page.getByRole('main').getByRole('heading', { name, level: 1 })).toBeVisible();
}

export const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();

/** The first `rows` chats about plants, as a file of their own. */
export function plantsFile(folder: string, rows: number): string {
  const text = readFileSync(join(ROOT, 'resources/data/plants-train.jsonl'), 'utf8');
  const file = join(folder, 'plants.jsonl');
  writeFileSync(file, `${text.split('\n').slice(0, rows).join('\n')}\n`);
  return file;
}

/** Drops a data set, reads what it would become, agrees. */
export async function addDataset(page: Page, file: string, summary: RegExp, patience = 30_000): Promise<void> {
  await dropFiles(page, [file]);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText(summary, { timeout: patience });
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
}

export async function getStarter(page: Page): Promise<void> {
  await goTo(page, 'Fine-tune');
  await press(page, 'Get the starter model');
  await expect(page.getByRole('radio', { name: /^starter\b/ })).toBeChecked();
  await expect(page.getByText('Draft saved')).toBeVisible();
}

/** In a wizard's list of models or data sets. */
export async function choose(page: Page, name: RegExp): Promise<void> {
  const radio = page.getByRole('radio', { name });
  await radio.first().check();
}

/** Opens the fold and fills in one advanced setting. */
export async function setAdvanced(page: Page, label: string, value: string): Promise<void> {
  const fold = page.getByRole('button', { name: /^Advanced/ });
  if ((await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
  const field = page.getByRole('textbox', { name: label, exact: true });
  await field.fill(value);
  await field.blur();
}

/** Starts the job under review; its page opens. */
export async function startJob(page: Page): Promise<void> {
  await press(page, 'Start');
  await expect(page).toHaveURL(/#\/jobs\//);
}

/** From an empty library to a fine-tune of the starter on 64 chats about plants; its job's page opens. */
export async function startFinetune(page: Page, home: string, steps: number, sequence: number): Promise<void> {
  await addDataset(page, plantsFile(home, 64), /64 chats/);
  await getStarter(page);
  await press(page, 'Next');
  await choose(page, /^plants\b/);
  await press(page, 'Next');
  // What learns is asked in words, adapters being the suggestion.
  await expect(
    page
      .getByRole('region', { name: 'Method' })
      .getByRole('radio', { name: /^LoRA\b/ })
      .first(),
  ).toBeChecked();
  await setAdvanced(page, 'Steps', String(steps));
  await setAdvanced(page, 'Sequence length', String(sequence));
  await press(page, 'Next');
  await startJob(page);
}

/** Waits on a job's page until it ended, and ended well. */
export async function finishJob(page: Page): Promise<void> {
  const state = page.getByRole('main').getByText(/^(Done|Failed|Interrupted|Cancelled)$/);
  await expect(state.first()).toBeVisible({ timeout: JOB_PATIENCE });
  await expect(state.first()).toHaveText('Done');
}

/** Until the page shows what it asked the engine for: nothing is loading, fonts and pictures are there. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('main').getByRole('heading').first()).toBeVisible();
  await expect(page.getByRole('main').getByRole('status', { name: 'Loading' })).toHaveCount(0, { timeout: 60_000 });
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
