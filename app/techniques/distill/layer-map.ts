/** Which layers of a teacher a student's layers are held against. */
import { UserError } from '../../contract/errors.ts';
import type { LayerPair } from '../../models/graphs/matching.ts';

/**
 * `even` (DistilBERT, TinyBERT: every layer, spread over the teacher's to its last), `last` (MiniLM), or pairs such as
 * `1=2,2=4`: the student's layer, then the teacher's, counted from 1.
 * @throws UserError arguments/invalid
 */
export function readLayerMap(text: string, student: number, teacher: number): LayerPair[] {
  if (text === 'last') return [{ student, teacher }];
  if (text === 'even') {
    return Array.from({ length: student }, (_, l) => ({
      student: l + 1,
      teacher: Math.round(((l + 1) * teacher) / student),
    }));
  }
  return text.split(',').map((part) => {
    const found = /^\s*(\d+)\s*=\s*(\d+)\s*$/.exec(part);
    if (!found) throw new UserError('arguments/invalid', `--layer-map: "${part}" is not student=teacher, such as 1=2`);
    const pair = { student: Number(found[1]), teacher: Number(found[2]) };
    for (const [who, layers] of [
      ['student', student],
      ['teacher', teacher],
    ] as const) {
      if (pair[who] < 1 || pair[who] > layers) {
        throw new UserError('arguments/invalid', `--layer-map: the ${who} has layers 1 to ${layers}, not ${pair[who]}`);
      }
    }
    return pair;
  });
}
