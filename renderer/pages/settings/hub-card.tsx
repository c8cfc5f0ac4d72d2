/** The hub: offline mode, the token for gated models, another address. */
import { Button, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Settings } from '../../../app/contract/settings.ts';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { saveSettings } from '../../client/settings.ts';
import { Card } from '../../ui/card.tsx';
import { attempt, tell } from '../../ui/notify.tsx';
import { SettingRow } from './setting-row.tsx';
import styles from './settings.module.css';

const KEPT = {
  keychain: 'kept in the system keychain',
  file: 'kept in a file that only you can read',
  environment: 'taken from HF_TOKEN',
} as const;

function Token() {
  const { data } = useQuery({ queryKey: ['settings', 'token'], queryFn: () => engine.settings.hasHubToken({}) });
  const [token, setToken] = useState('');
  const save = async (value: string | null) => {
    const done = await attempt(() => engine.settings.setHubToken({ token: value }));
    if (done === undefined) return;
    setToken('');
    await forget('settings');
    tell({ tone: 'good', title: value === null ? 'The token is removed' : `The token is ${KEPT[done.kept]}` });
  };
  const help =
    data === undefined
      ? undefined
      : data.present
        ? `There is one, ${KEPT[data.kept]}. It never comes back out.`
        : `Needed for gated models only; ${KEPT[data.kept]}.`;
  return (
    <SettingRow id="token" label="Hub token" help={help}>
      <form
        className={styles.token}
        onSubmit={(event) => {
          event.preventDefault();
          void save(token.trim());
        }}
      >
        <PasswordInput
          id="token"
          className="grow"
          autoComplete="off"
          placeholder={data?.present ? '••••••••' : 'hf_…'}
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
        />
        {token.trim() === '' && data?.present && data.kept !== 'environment' ? (
          <Button onClick={() => void save(null)}>Remove</Button>
        ) : (
          <Button type="submit" disabled={token.trim() === ''}>
            Save
          </Button>
        )}
      </form>
    </SettingRow>
  );
}

export function HubCard({ values }: { readonly values: Settings }) {
  const [address, setAddress] = useState(values.hubEndpoint ?? '');
  const saveAddress = () => {
    const wanted = address.trim() === '' ? null : address.trim();
    if (wanted !== values.hubEndpoint) void attempt(() => saveSettings({ hubEndpoint: wanted }));
  };
  return (
    <Card title="Network" flush>
      <SettingRow
        id="offline"
        label="Offline mode"
        help="Nothing is asked of the network. Lathe sends nothing about you either way."
      >
        <Switch
          id="offline"
          checked={values.offline}
          label={values.offline ? 'On' : 'Off'}
          onChange={(event) => void attempt(() => saveSettings({ offline: event.currentTarget.checked }))}
        />
      </SettingRow>
      <Token />
      <SettingRow id="endpoint" label="Hub address" help="Empty: huggingface.co">
        <TextInput
          id="endpoint"
          placeholder="https://huggingface.co"
          disabled={values.offline}
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          onBlur={saveAddress}
          onKeyDown={(event) => event.key === 'Enter' && saveAddress()}
        />
      </SettingRow>
    </Card>
  );
}
