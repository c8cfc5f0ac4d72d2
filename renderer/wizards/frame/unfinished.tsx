/** Offers to go on with the draft of this wizard that was left last. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../client/client.ts';
import { forget } from '../../client/queries.ts';
import { Note } from '../../ui/note.tsx';
import { Ago } from '../../ui/quantity.tsx';

interface Props {
  readonly wizard: string;
  readonly open: (draftId: string) => void;
}

export function Unfinished({ wizard, open }: Props) {
  const { data = [] } = useQuery({ queryKey: ['drafts'], queryFn: () => engine.drafts.list({}) });
  const last = data.filter((draft) => draft.wizard === wizard).sort((a, b) => b.savedAt - a.savedAt)[0];
  if (last === undefined) return null;
  return (
    <Note title={`You left “${last.title}” unfinished.`}>
      <div className="row">
        <Button size="xs" onClick={() => open(last.id)}>
          Go on with it
        </Button>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          onClick={() => void engine.drafts.remove({ id: last.id }).then(() => forget('drafts'))}
        >
          Throw it away
        </Button>
        <span>
          saved <Ago time={last.savedAt} />
        </span>
      </div>
    </Note>
  );
}
