/** Runs axe-core on the page as it stands: no serious or critical violation may be there. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function expectNoViolations(page: Page, where: string): Promise<void> {
  // Through DevTools: the page's own policy would refuse a script from elsewhere.
  await page.evaluate(source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } };
    const { violations } = await axe.run();
    return violations.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      nodes: nodes
        .slice(0, 3)
        .map((node) => `${node.html.slice(0, 160)} | ${node.failureSummary?.split('\n')[1] ?? ''}`),
    }));
  });
  const serious = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious, `axe on ${where}`).toEqual([]);
}
