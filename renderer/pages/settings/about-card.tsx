/** Versions, for a report. */
import { Button } from '@mantine/core';
import { bridge } from '../../client/bridge.ts';
import type { engine } from '../../client/client.ts';
import { Card } from '../../ui/card.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Note } from '../../ui/note.tsx';
import { attempt, tell } from '../../ui/notify.tsx';
import { Ago } from '../../ui/quantity.tsx';

type Info = Awaited<ReturnType<typeof engine.system.info>>;

export function AboutCard({ info }: { readonly info?: Info }) {
  if (info === undefined) return null;
  const versions: [string, string][] = [
    ['Lathe', info.versions.lathe],
    ['ONNX Runtime', info.versions.onnxruntime],
    ['Node', info.versions.node],
    ['SQLite', info.versions.sqlite],
    [
      'Window',
      bridge === undefined ? 'browser' : `Electron ${bridge.versions.electron}, Chromium ${bridge.versions.chrome}`,
    ],
    ['System', info.platform],
  ];
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(versions.map(([name, version]) => `${name}: ${version}`).join('\n'));
      tell({ tone: 'good', title: 'Versions copied' });
    });
  return (
    <Card
      title="About"
      actions={
        <Button size="xs" onClick={() => void copy()}>
          Copy versions
        </Button>
      }
    >
      {info.databaseProblem !== undefined && <Note tone="bad">{info.databaseProblem}</Note>}
      <Facts facts={[...versions, ['Engine started', <Ago key="a" time={info.engineStartedAt} />]]} />
    </Card>
  );
}
