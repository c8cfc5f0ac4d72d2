/** The settings as the engine keeps them; the theme is also kept here, so that the first frame has its colours. */
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { EngineClient } from '../../app/contract/index.ts';
import { setTheme } from '../theme/scheme.ts';
import { engine } from './client.ts';
import { forget } from './queries.ts';

type SettingsAnswer = Awaited<ReturnType<EngineClient['settings']['get']>>;
type SettingsChange = Parameters<EngineClient['settings']['set']>[0];

export const useSettings = (): UseQueryResult<SettingsAnswer> =>
  useQuery({ queryKey: ['settings'], queryFn: () => engine.settings.get({}) });

export async function saveSettings(change: SettingsChange): Promise<void> {
  if (change.theme !== undefined) setTheme(change.theme);
  await engine.settings.set(change);
  await forget('settings');
}
