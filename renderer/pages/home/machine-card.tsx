/** What this machine is: processor with its instruction sets, memory, graphics, devices of the runtime, disk. */
import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Hardware } from '../../../app/contract/system.ts';
import { bytes } from '../../format/bytes.ts';
import { counted } from '../../format/number.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Meter } from '../../ui/meter.tsx';
import { Bytes } from '../../ui/quantity.tsx';
import { featureWords } from './feature-words.ts';
import styles from './home.module.css';

interface SpecProps {
  readonly icon: IconName;
  readonly name: string;
  readonly main: ReactNode;
  readonly detail: ReactNode;
  readonly meter?: ReactNode;
}

const Spec = ({ icon, name, main, detail, meter }: SpecProps) => (
  <div className={styles.spec}>
    <Icon name={icon} />
    <dt>{name}</dt>
    <dd>
      <div className="grow">
        <div className="cut">{main}</div>
        <div className="t2 f12">{detail}</div>
      </div>
      {meter !== undefined && <div className={styles.meter}>{meter}</div>}
    </dd>
  </div>
);

interface Props {
  readonly hardware: Hardware;
  readonly detect: () => void;
  readonly detecting: boolean;
}

export function MachineCard({ hardware, detect, detecting }: Props) {
  const { cpu, memory, gpus, devices, runtime, disk } = hardware;
  const graphics = gpus.map(({ model }) => model).filter((model) => model !== '');
  return (
    <div className={styles.machine}>
      <div className={styles.half}>
        <h2 className="grow">This machine</h2>
        <span className="t3 f12">ONNX Runtime {runtime.version}</span>
        <Tooltip label="Detect again">
          <ActionIcon aria-label="Detect the hardware again" loading={detecting} onClick={detect}>
            <Icon name="reset" size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <dl>
        <Spec
          icon="cpu"
          name="Processor"
          main={cpu.model}
          detail={
            <span title={cpu.features.join(', ')}>
              {[counted(cpu.cores, 'core'), counted(cpu.threads, 'thread'), featureWords(cpu.features)]
                .filter(Boolean)
                .join(', ')}
            </span>
          }
        />
        <Spec
          icon="mem"
          name="Memory"
          main={
            <>
              <b>
                <Bytes value={memory.freeBytes} />
              </b>{' '}
              free
            </>
          }
          detail={`of ${bytes(memory.totalBytes)}`}
          meter={<Meter share={1 - memory.freeBytes / memory.totalBytes} label="Memory in use" />}
        />
        <Spec
          icon="gpu"
          name="Graphics"
          main={graphics.length === 0 ? 'None found' : graphics.join(', ')}
          detail={`Models run on ${devices.map((device) => device.toUpperCase()).join(' and ')}`}
        />
        <Spec
          icon="disk"
          name="Disk"
          main={
            <>
              <b>
                <Bytes value={disk.freeBytes} />
              </b>{' '}
              free
            </>
          }
          detail="where models are kept"
        />
      </dl>
    </div>
  );
}
