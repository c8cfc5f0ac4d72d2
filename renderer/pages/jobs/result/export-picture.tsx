/** Export: the files with their sums, and the checks that the target's own runtime passed. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bridge } from '../../../client/bridge.ts';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { tell } from '../../../ui/notify.tsx';
import table from '../../../ui/plain-table.module.css';
import styles from './picture.module.css';

export function ExportPicture({ id }: { readonly id: string }) {
  const query = useQuery({ queryKey: ['exports', id], queryFn: () => engine.exports.get({ id }) });
  return (
    <Asked query={query}>
      {({ folder, files, checkResults, sizeBytes }) => (
        <div className={styles.pair}>
          <Card
            title="Files"
            sub={`${bytes(sizeBytes)} in ${folder}`}
            label="Exported files"
            flush
            actions={
              bridge === undefined ? (
                <Button
                  size="xs"
                  leftSection={<Icon name="copy" size={14} />}
                  onClick={() =>
                    void navigator.clipboard
                      .writeText(folder)
                      .then(() => tell({ tone: 'good', title: 'Folder copied', text: folder }))
                  }
                >
                  Copy folder
                </Button>
              ) : (
                <Button size="xs" onClick={() => void bridge?.showInFolder(folder)}>
                  Show in folder
                </Button>
              )
            }
          >
            <table className={table.table}>
              <thead>
                <tr>
                  <th>File</th>
                  <th className={table.numeric}>Size</th>
                  <th>SHA-256</th>
                </tr>
              </thead>
              <tbody>
                {files.map(({ path, sizeBytes: size, sha256 }) => (
                  <tr key={path}>
                    <td className="cut">{path}</td>
                    <td className={table.numeric}>{bytes(size)}</td>
                    <td className={styles.hash} title={sha256}>
                      {sha256.slice(0, 12)}…
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
          <Card title="Checks" sub="the export, loaded again and compared" label="Checks">
            <ul className={styles.checks}>
              {checkResults.map(({ name, passed, detail }) => (
                <li key={name} className={styles.check}>
                  <span className={passed ? 'good' : 'bad'}>
                    <Icon name={passed ? 'check' : 'warn'} size={14} title={passed ? 'passed' : 'failed'} />
                  </span>
                  <span>
                    <b>{name}</b> <span className="t2">{detail}</span>
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        </div>
      )}
    </Asked>
  );
}
