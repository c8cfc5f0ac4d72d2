/** Who learns: a part of the teacher, a fresh model, or one of the library; each with its size and speed beside the teacher's. */
import { Slider } from '@mantine/core';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Estimate } from '../../../../app/contract/techniques.ts';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { compactCount, shortNumber } from '../../../format/number.ts';
import { Missing } from '../../../ui/quantity.tsx';
import { ChoiceList } from '../../frame/steps/choice-list.tsx';
import design from '../../frame/steps/design.module.css';
import type { StepProps } from '../../frame/wizard.ts';
import { MADE_STUDENTS, studentOf, studentText } from '../plan.ts';

const PAGE = 50;
const COLUMNS = [
  { title: 'Begins as', width: 168 },
  { title: 'Parameters', width: 80, numeric: true },
  { title: 'Size', width: 72, numeric: true },
  { title: 'Speed', width: 72, numeric: true },
];

export function StudentScreen({ wizard, form, change }: StepProps) {
  const [search, setSearch] = useState('');
  const [limit, setLimit] = useState(PAGE);
  const chosen = studentOf(form.options);
  const choose = (student: string) => change({ options: { ...form.options, student } });
  const models = useQuery({
    queryKey: ['models', 'choose', search, limit],
    queryFn: () => engine.models.list({ search, limit }),
    placeholderData: keepPreviousData,
  });
  const library = (models.data?.items ?? []).filter(({ id }) => id !== form.model?.id);
  const custom = MADE_STUDENTS.every(({ spec }) => spec !== chosen) && chosen.includes(':');
  const made = [
    ...MADE_STUDENTS,
    ...(custom ? [{ spec: chosen, name: studentText(chosen), what: 'as you designed it' }] : []),
  ];
  const shown = [...made.map(({ spec }) => spec), ...library.map(({ id }) => id)];
  const estimates = useQueries({
    queries: shown.map((student) => ({
      queryKey: ['techniques', 'estimate', 'student', form.model?.id, student],
      queryFn: () =>
        engine.techniques.estimate({
          technique: wizard.technique,
          modelId: form.model?.id ?? '',
          options: { student },
        }),
      enabled: form.model !== undefined,
      retry: false,
    })),
  });
  const figures = new Map(shown.map((student, i) => [student, estimates[i].data]));
  return (
    <>
      <ChoiceList
        heading="Who should learn?"
        noun="Student"
        columns={COLUMNS}
        total={made.length + (models.data?.total ?? 0) - (models.data?.items.length ?? 0) + library.length}
        search={search}
        setSearch={setSearch}
        more={() => setLimit(Math.min(500, limit + 100))}
        chosen={chosen}
        choose={({ id }) => choose(id)}
        choices={[
          ...(search === '' ? made : []).map(({ spec, name, what }) => ({
            id: spec,
            name,
            cells: [what, ...cellsOf(figures.get(spec))],
          })),
          ...library.map(({ id, name }) => ({
            id,
            name,
            cells: ['a model of yours', ...cellsOf(figures.get(id))],
          })),
        ]}
      />
      <LayersSlider chosen={chosen} choose={choose} />
    </>
  );
}

/** Designs a student: how many of the teacher's layers it keeps. */
function LayersSlider({ chosen, choose }: { readonly chosen: string; readonly choose: (spec: string) => void }) {
  const given = /^layers:(0?\.\d+)$/.exec(chosen);
  const share = given ? Math.round(100 * Number(given[1])) : undefined;
  const [moved, setMoved] = useState<number>();
  const value = moved ?? share ?? 50;
  return (
    <div className={`${design.design} ${design.marked}`}>
      <div className={design.words}>
        <b id="student-layers">Layers it keeps</b>
        <span className="t2">{value}% of the teacher’s, spread evenly from the first to the last</span>
      </div>
      <Slider
        thumbProps={{ 'aria-labelledby': 'student-layers' }}
        min={5}
        max={95}
        step={5}
        value={value}
        label={(percent) => `${percent}%`}
        marks={[25, 50, 75].map((at) => ({ value: at, label: `${at}%` }))}
        onChange={setMoved}
        onChangeEnd={(percent) => {
          setMoved(undefined);
          choose(`layers:${percent / 100}`);
        }}
      />
    </div>
  );
}

/** Parameters, size and speed, the speed as a ratio to the teacher's. */
function cellsOf(estimate: Estimate | undefined) {
  const { resultParameters, resultBytes, decodeTokensPerSecond: speed } = estimate ?? {};
  const missing = (key: string) => <Missing key={key} why="Not known yet" />;
  return [
    resultParameters === undefined ? missing('parameters') : compactCount(resultParameters),
    resultBytes === undefined ? missing('size') : bytes(resultBytes),
    speed === undefined ? missing('speed') : `${shortNumber(speed.result / speed.now)}x`,
  ];
}
