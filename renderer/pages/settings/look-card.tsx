/** Colours of the window. */
import { SegmentedControl } from '@mantine/core';
import { saveSettings } from '../../client/settings.ts';
import { type ThemeChoice, useThemeChoice } from '../../theme/scheme.ts';
import { Card } from '../../ui/card.tsx';
import { attempt } from '../../ui/notify.tsx';
import { SettingRow } from './setting-row.tsx';

const CHOICES = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'system', label: 'System' },
] as const;

export function LookCard() {
  const choice = useThemeChoice();
  return (
    <Card title="Look" flush>
      <SettingRow label="Theme" help="Light, dark, or as the system has it">
        <SegmentedControl<ThemeChoice>
          aria-label="Theme"
          value={choice}
          data={[...CHOICES]}
          onChange={(theme) => void attempt(() => saveSettings({ theme }))}
        />
      </SettingRow>
    </Card>
  );
}
