/** Home: this machine, what fits on it, recent work, and where to start. */
import { Button } from '@mantine/core';
import { useViewportSize } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { chooseFiles } from '../../app/drop/choose-files.ts';
import { go } from '../../app/hash-location.ts';
import { engine } from '../../client/client.ts';
import { queries } from '../../client/queries.ts';
import { bytes } from '../../format/bytes.ts';
import { counted } from '../../format/number.ts';
import { Asked } from '../../ui/asked.tsx';
import { Card } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { attempt } from '../../ui/notify.tsx';
import { Page } from '../../ui/page.tsx';
import { FitsCard } from './fits-card.tsx';
import styles from './home.module.css';
import { LatestVersions } from './latest-versions.tsx';
import { MachineCard } from './machine-card.tsx';
import { RecentWork } from './recent-work.tsx';
import { StartHere } from './start-here.tsx';
import { Unfinished } from './unfinished.tsx';

const HARDWARE = ['system', 'hardware'];

const ROW = 36;
/** What stands above, below and between the rows of the two tables. */
const AROUND_PX = 500;
const SECOND_TABLE_PX = 88;

/** How many rows of each table a window of this height holds; the second table only where five fit beside eight. */
function rowsFor(height: number): { readonly recentRows: number; readonly spare: number } {
  const rows = Math.max(6, Math.floor((height - AROUND_PX) / ROW));
  const both = Math.floor((height - AROUND_PX - SECOND_TABLE_PX) / ROW);
  return both >= 13 ? { recentRows: both - 5, spare: 5 } : { recentRows: rows, spare: 0 };
}

export default function HomePage() {
  const hardware = useQuery({ queryKey: HARDWARE, queryFn: () => engine.system.hardware({}), staleTime: 60_000 });
  const detect = useMutation({
    mutationFn: () => attempt(() => engine.system.hardware({ again: true })),
    onSuccess: (found) => found !== undefined && queries.setQueryData(HARDWARE, found),
  });
  const { data: library } = useQuery({
    queryKey: ['models', 'largest'],
    queryFn: () => engine.models.list({ sort: 'parameters', descending: true, limit: 1 }),
  });
  const { data: disk } = useQuery({ queryKey: ['models', 'disk'], queryFn: () => engine.system.diskUsage({}) });
  const used = disk?.parts.find(({ name }) => name === 'models')?.bytes;
  const [largest] = library?.items ?? [];
  const { recentRows, spare } = rowsFor(useViewportSize().height);
  return (
    <Page
      title="Home"
      fill
      sub={
        library !== undefined &&
        library.total > 0 &&
        `${counted(library.total, 'model version')}${used === undefined ? '' : `, ${bytes(used)}`}`
      }
      actions={
        <>
          <Button leftSection={<Icon name="plus" />} onClick={() => void attempt(() => chooseFiles('files'))}>
            Import model
          </Button>
          <Button variant="filled" leftSection={<Icon name="tune" />} onClick={() => go('/finetune')}>
            New fine-tune
          </Button>
        </>
      }
    >
      <Card flush className={styles.top}>
        <Asked query={hardware}>
          {(found) => (
            <div className={styles.hardware}>
              <MachineCard hardware={found} detect={() => detect.mutate()} detecting={detect.isPending} />
              <FitsCard memoryBytes={found.memory.totalBytes} largest={largest} />
            </div>
          )}
        </Asked>
      </Card>
      <div className={styles.bottom}>
        <div className={styles.work}>
          <RecentWork rows={recentRows} />
          {spare > 0 && <LatestVersions rows={spare} />}
        </div>
        <div className={styles.aside}>
          <StartHere />
          <Unfinished />
        </div>
      </div>
    </Page>
  );
}
