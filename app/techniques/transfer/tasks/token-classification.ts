/** A tag for each word of a sentence: names of people and places, parts of speech. */
import { expectedCalibrationError } from '../../../evaluate/calibration.ts';
import { type ClassificationScores, scoreClasses } from '../../../evaluate/classification.ts';
import { areEntityTags, type EntityScores, scoreEntities } from '../../../evaluate/entities.ts';
import { hardestOf } from '../shown-rows.ts';
import { splitTexts } from '../stratified-split.ts';
import { readTagged } from '../tagged-rows.ts';
import type { HardExample } from '../transfer-report.ts';
import type { TaskRow, TransferTask } from './task.ts';

interface PlainFigures {
  readonly accuracy: number;
  readonly macroF1: number;
  /** F1 of whole entities. */
  readonly entityF1?: number;
}

/** Accuracy, F1 and the table of tags count words. */
export interface TagReport extends ClassificationScores {
  /** Entities found whole, where the tags mark such. */
  readonly entities?: EntityScores;
  readonly ece: number;
  readonly loss: number;
  readonly words: { readonly train: number; readonly test: number };
  /** Words whose tag was thought least likely, within their sentence. */
  readonly hardest: readonly HardExample[];
  /** The tag that each word had most often. */
  readonly baseline: PlainFigures & { readonly method: string };
  readonly majority: PlainFigures;
}

interface TaggedRow extends TaskRow {
  readonly words: readonly string[];
  readonly target: Int32Array;
}

const WORDS_AROUND = 8;

export const tokenClassification: TransferTask<TaggedRow> = {
  objective: 'single',
  perToken: true,
  async read(file, columns, known) {
    const { rows, labels, ...rest } = await readTagged(file, columns, known);
    const ids = new Map(labels.map((label, id) => [label, id]));
    const encoded = rows.map(({ words, tags }) => ({
      text: words.join(' '),
      words,
      target: Int32Array.from(tags, (tag) => ids.get(tag)!),
    }));
    return { ...rest, labels, rows: encoded };
  },
  split: splitTexts,
  score(test, outputs, labels) {
    const predicted = likeliest(outputs, labels.length);
    return entityScores(test, predicted, labels)?.f1 ?? scoreClasses(truthOf(test), predicted, labels).accuracy;
  },
  report({ train, test, outputs, labels }): { [K in keyof TagReport]: TagReport[K] } {
    const truth = truthOf(test);
    const predicted = likeliest(outputs, labels.length);
    const of = (word: number, tag: number) => outputs[word * labels.length + tag];
    const figures = (guesses: readonly number[]): PlainFigures => {
      const { accuracy, macroF1 } = scoreClasses(truth, guesses, labels);
      const entities = entityScores(test, guesses, labels);
      return { accuracy, macroF1, ...(entities ? { entityF1: entities.f1 } : {}) };
    };
    const { guesses, most } = usualTags(train, test, labels.length);
    return {
      ...scoreClasses(truth, predicted, labels),
      entities: entityScores(test, predicted, labels),
      ece: expectedCalibrationError(
        predicted.map((tag, word) => of(word, tag)),
        predicted.map((tag, word) => tag === truth[word]),
      ),
      loss: truth.reduce((sum, tag, word) => sum - Math.log(Math.max(of(word, tag), 1e-12)), 0) / truth.length,
      words: { train: truthOf(train).length, test: truth.length },
      hardest: hardestWords(test, truth, predicted, labels, of),
      baseline: { method: 'the tag that each word had most often', ...figures(guesses) },
      majority: figures(truth.map(() => most)),
    };
  },
};

const truthOf = (rows: readonly TaggedRow[]): number[] => rows.flatMap(({ target }) => [...target]);

function likeliest(outputs: Float32Array, width: number): number[] {
  return Array.from({ length: outputs.length / width }, (_, word) => {
    const row = outputs.subarray(word * width, (word + 1) * width);
    return row.reduce((best, value, tag) => (value > row[best] ? tag : best), 0);
  });
}

/** @param tags of all words, sentence after sentence */
function entityScores(
  rows: readonly TaggedRow[],
  tags: readonly number[],
  labels: readonly string[],
): EntityScores | undefined {
  if (!areEntityTags(labels)) return undefined;
  let at = 0;
  const parted = rows.map(({ words }) => tags.slice(at, (at += words.length)).map((tag) => labels[tag]));
  const truth = rows.map(({ target }) => Array.from(target, (tag) => labels[tag]));
  return scoreEntities(truth, parted);
}

/** Each word's most frequent tag in training; that of all words for those never met. */
function usualTags(train: readonly TaggedRow[], test: readonly TaggedRow[], width: number) {
  const counts = new Map<string, Int32Array>();
  const all = new Int32Array(width);
  for (const { words, target } of train) {
    words.forEach((word, i) => {
      const own = counts.get(word) ?? new Int32Array(width);
      counts.set(word, own);
      own[target[i]] += 1;
      all[target[i]] += 1;
    });
  }
  const largest = (values: Int32Array) => values.indexOf(Math.max(...values));
  const most = largest(all);
  const usual = new Map([...counts].map(([word, values]) => [word, largest(values)]));
  return { most, guesses: test.flatMap(({ words }) => words.map((word) => usual.get(word) ?? most)) };
}

function hardestWords(
  test: readonly TaggedRow[],
  truth: readonly number[],
  predicted: readonly number[],
  labels: readonly string[],
  of: (word: number, tag: number) => number,
): HardExample[] {
  const places = test.flatMap(({ words }) => words.map((word, i) => ({ words, word, i })));
  return hardestOf(truth.map((tag, word) => -of(word, tag))).map((at) => {
    const { words, word, i } = places[at];
    const before = words.slice(Math.max(0, i - WORDS_AROUND), i);
    const after = words.slice(i + 1, i + 1 + WORDS_AROUND);
    return {
      text: [...before, `[${word}]`, ...after].join(' '),
      label: labels[truth[at]],
      predicted: labels[predicted[at]],
      probability: of(at, truth[at]),
    };
  });
}
