/** The post-processors of tokenizer.json: they put special tokens around one text or a pair. */
import { arrayAt, type Configuration, idAt, invalid, isObject, objectAt } from './configuration.ts';
import { patternList } from './patterns.ts';

export interface Encoding {
  readonly ids: readonly number[];
  /** 0 for the first text, 1 for the second (special tokens as the template says). */
  readonly typeIds: readonly number[];
}

export type PostProcessor = (first: readonly number[], second: readonly number[] | undefined) => Encoding;

/** Without a post-processor a pair is simply one text after the other. */
export const joinOnly: PostProcessor = (first, second = []) => ({
  ids: [...first, ...second],
  typeIds: [...first.map(() => 0), ...second.map(() => 1)],
});

/** @throws UserError tokenizer/invalid */
export function createPostProcessor(value: unknown): PostProcessor {
  if (value === null || value === undefined) return joinOnly;
  const configuration = objectAt(value, 'post_processor');
  switch (configuration.type) {
    case 'ByteLevel':
      return joinOnly;
    case 'Sequence': {
      const steps = patternList(configuration.processors, 'post_processor.processors').filter(
        (step) => step.type !== 'ByteLevel',
      );
      if (steps.length > 1) throw invalid('several post-processors that add tokens are not supported');
      return createPostProcessor(steps[0]);
    }
    case 'TemplateProcessing':
      return template(configuration);
    case 'BertProcessing':
    case 'RobertaProcessing':
      return bracketed(configuration);
    default:
      throw invalid(`unknown post-processor ${JSON.stringify(configuration.type)}`);
  }
}

type Piece = { readonly sequence: 'A' | 'B' | undefined; readonly ids: readonly number[]; readonly type: number };

function template(configuration: Configuration): PostProcessor {
  const special = objectAt(configuration.special_tokens ?? {}, 'post_processor.special_tokens');
  const read = (value: unknown): Piece[] =>
    patternList(value, 'post_processor').map((piece): Piece => {
      if (isObject(piece.Sequence)) {
        const { id, type_id: type } = piece.Sequence;
        return { sequence: id === 'B' ? 'B' : 'A', ids: [], type: Number(type ?? 0) };
      }
      const { id, type_id: type } = objectAt(piece.SpecialToken, 'post_processor');
      const entry = objectAt(special[String(id)], `post_processor.special_tokens[${JSON.stringify(id)}]`);
      const ids = arrayAt(entry.ids, 'post_processor.special_tokens').map((v) => idAt(v, 'post_processor'));
      return { sequence: undefined, ids, type: Number(type ?? 0) };
    });
  const single = read(configuration.single);
  const pair = configuration.pair === undefined ? undefined : read(configuration.pair);
  return (first, second) => {
    const ids: number[] = [];
    const typeIds: number[] = [];
    for (const piece of second && pair ? pair : single) {
      const part = piece.sequence === 'A' ? first : piece.sequence === 'B' ? (second ?? []) : piece.ids;
      for (const id of part) {
        ids.push(id);
        typeIds.push(piece.type);
      }
    }
    return { ids, typeIds };
  };
}

/** [CLS] A [SEP] B [SEP], or RoBERTa's <s> A </s></s> B </s> with type 0 throughout. */
function bracketed(configuration: Configuration): PostProcessor {
  const open = idAt(arrayAt(configuration.cls, 'post_processor.cls')[1], 'post_processor.cls');
  const close = idAt(arrayAt(configuration.sep, 'post_processor.sep')[1], 'post_processor.sep');
  const roberta = configuration.type === 'RobertaProcessing';
  return (first, second) => {
    const ids = [open, ...first, close];
    const typeIds = ids.map(() => 0);
    if (second) {
      const tail = roberta ? [close, ...second, close] : [...second, close];
      for (const id of tail) {
        ids.push(id);
        typeIds.push(roberta ? 0 : 1);
      }
    }
    return { ids, typeIds };
  };
}
