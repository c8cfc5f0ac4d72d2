/** Compare. */
import { Page } from '../../ui/page.tsx';

export default function ComparePage() {
  return <Page title="Compare">{null}</Page>;
}
