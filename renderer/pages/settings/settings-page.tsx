/** Settings: what the user chooses once for everything. Every change is saved at once. */
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../client/client.ts';
import { useSettings } from '../../client/settings.ts';
import { Asked } from '../../ui/asked.tsx';
import { Page } from '../../ui/page.tsx';
import { AboutCard } from './about-card.tsx';
import { ComputeCard } from './compute-card.tsx';
import { DiskCard } from './disk-card.tsx';
import { HubCard } from './hub-card.tsx';
import { LookCard } from './look-card.tsx';
import styles from './settings.module.css';

export default function SettingsPage() {
  const settings = useSettings();
  const info = useQuery({ queryKey: ['system', 'info'], queryFn: () => engine.system.info({}) });
  const hardware = useQuery({ queryKey: ['system', 'hardware'], queryFn: () => engine.system.hardware({}) });
  return (
    <Page title="Settings" sub="every change is kept at once">
      <Asked query={settings}>
        {({ values, folders, devices }) => (
          <div className={styles.columns}>
            <div className={styles.column}>
              <LookCard />
              <ComputeCard values={values} devices={devices} threads={hardware.data?.cpu.threads} />
              <HubCard values={values} />
            </div>
            <div className={styles.column}>
              <DiskCard values={values} folders={folders} />
              <AboutCard info={info.data} />
            </div>
          </div>
        )}
      </Asked>
    </Page>
  );
}
