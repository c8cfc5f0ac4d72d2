/** Quantize with recovery: what training towards the original brought. */
import { Card } from '../../../ui/card.tsx';
import { Facts } from '../../../ui/facts.tsx';
import type { recoveredFacts } from './recovered-report.ts';

export const RecoveredPicture = ({ facts }: { readonly facts: NonNullable<ReturnType<typeof recoveredFacts>> }) => (
  <Card title="What recovery brought" label="What recovery brought">
    <Facts facts={facts} />
  </Card>
);
