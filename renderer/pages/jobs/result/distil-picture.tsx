/** Distillation: the student beside its teacher and beside itself untaught, measure by measure. */
import { percentToTenth } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import table from '../../../ui/plain-table.module.css';
import { type DistilReport, distilRows } from './distil-report.ts';

export function DistilPicture({ report }: { readonly report: DistilReport }) {
  const { agreement } = report;
  const sub =
    agreement === undefined
      ? 'measured on rows that neither has seen'
      : `at the end they named the same in ${percentToTenth(agreement)} of places`;
  return (
    <Card title="Student and teacher" sub={sub} label="Student and teacher" flush>
      <table className={table.table}>
        <thead>
          <tr>
            <th aria-label="Measure" />
            <th className={table.numeric}>Teacher</th>
            <th className={table.numeric}>Student untaught</th>
            <th className={table.numeric}>Student</th>
            <th className={table.numeric}>Beside its teacher</th>
          </tr>
        </thead>
        <tbody>
          {distilRows(report).map(({ name, teacher, before, after, beside }) => (
            <tr key={name}>
              <td className="nw">{name}</td>
              <td className={table.numeric}>{teacher}</td>
              <td className={table.numeric}>{before}</td>
              <td className={table.numeric}>{after}</td>
              <td className={table.numeric}>{beside}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
