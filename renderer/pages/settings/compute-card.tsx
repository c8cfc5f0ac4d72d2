/** What models run on: device, threads, how many jobs at once, how much is written down. */
import { NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import type { Settings } from '../../../app/contract/settings.ts';
import { saveSettings } from '../../client/settings.ts';
import { Card } from '../../ui/card.tsx';
import { attempt } from '../../ui/notify.tsx';
import { SettingRow } from './setting-row.tsx';

interface Props {
  readonly values: Settings;
  readonly devices: readonly string[];
  /** Of the processor. */
  readonly threads?: number;
}

const LEVELS = [
  { value: 'error', label: 'Errors only' },
  { value: 'warn', label: 'Warnings' },
  { value: 'info', label: 'What is done' },
  { value: 'debug', label: 'Everything' },
];

const isLevel = (value: string | null): value is Settings['logLevel'] => LEVELS.some((level) => level.value === value);

export function ComputeCard({ values, devices, threads }: Props) {
  const [written, setWritten] = useState<number | string>(values.threads ?? '');
  const saveThreads = () => {
    const wanted = typeof written === 'number' && written > 0 ? written : null;
    if (wanted !== values.threads) void attempt(() => saveSettings({ threads: wanted }));
  };
  return (
    <Card title="Computing" flush>
      <SettingRow
        id="device"
        label="Device"
        help="What answers in the Playground and behind the server. Only devices that a small model was really run on are listed, and each model’s answers are compared with the processor’s first."
      >
        <Select
          id="device"
          allowDeselect={false}
          value={values.device}
          data={devices.map((device) => ({ value: device, label: device.toUpperCase() }))}
          onChange={(device) => device !== null && void attempt(() => saveSettings({ device }))}
        />
      </SettingRow>
      <SettingRow id="threads" label="Threads" help="Empty: all cores. Fewer leave room for other work.">
        <NumberInput
          id="threads"
          min={1}
          max={threads ?? 1024}
          allowDecimal={false}
          placeholder={threads === undefined ? 'all' : `all ${threads}`}
          value={written}
          onChange={setWritten}
          onBlur={saveThreads}
          onKeyDown={(event) => event.key === 'Enter' && saveThreads()}
        />
      </SettingRow>
      <SettingRow id="jobs" label="Jobs at the same time" help="One heavy job at a time is fastest on most machines.">
        <NumberInput
          id="jobs"
          min={1}
          max={16}
          allowDecimal={false}
          clampBehavior="strict"
          value={values.concurrentJobs}
          onChange={(value) => typeof value === 'number' && void attempt(() => saveSettings({ concurrentJobs: value }))}
        />
      </SettingRow>
      <SettingRow id="log" label="Log" help="How much the engine writes down">
        <Select
          id="log"
          allowDeselect={false}
          value={values.logLevel}
          data={LEVELS}
          onChange={(value) => isLevel(value) && void attempt(() => saveSettings({ logLevel: value }))}
        />
      </SettingRow>
    </Card>
  );
}
