/** Prune: what went, and what it cost and brought. */
import { Card } from '../../../ui/card.tsx';
import { Facts } from '../../../ui/facts.tsx';
import type { PruneReport } from './prune-report.ts';

export const PrunePicture = ({ report: { gone, facts } }: { readonly report: PruneReport }) => (
  <Card title="What went" label="What went">
    <Facts facts={[['Removed', gone], ...facts]} />
  </Card>
);
