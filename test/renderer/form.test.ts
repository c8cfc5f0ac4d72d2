import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { type Field, fieldsOf, type ParameterSchema } from '../../renderer/wizards/form/fields.ts';
import { changedKeys, namedOptions, readField, withOption } from '../../renderer/wizards/form/values.ts';

const schemaOf = (schema: z.ZodObject) => z.toJSONSchema(schema, { io: 'input' }) as ParameterSchema;
const finetune = fieldsOf(schemaOf(finetuneSchema), 'finetune');
const quantize = fieldsOf(schemaOf(quantizeSchema), 'quantize');
const field = (fields: readonly Field[], key: string): Field => {
  const found = fields.find((f) => f.key === key);
  if (!found) throw new Error(key);
  return found;
};

describe('fields drawn from a schema', () => {
  it('draws every setting of a technique, in its order', () => {
    expect(finetune.map((f) => f.key)).toEqual(Object.keys(finetuneSchema.shape));
    for (const f of [...finetune, ...quantize]) {
      expect(f.label, f.key).toMatch(/^[A-Z]/);
      expect(f.help, f.key).not.toBe('');
    }
  });

  it('takes the control from the type', () => {
    expect(field(finetune, 'method')).toMatchObject({ control: 'select', defaultText: 'lora adapters' });
    expect(field(finetune, 'rank')).toMatchObject({ control: 'number', integer: true, maximum: 1024, default: 8 });
    expect(field(finetune, 'rslora')).toMatchObject({ control: 'switch', default: false, defaultText: 'off' });
    expect(field(finetune, 'targets')).toMatchObject({ control: 'list', numeric: false, defaultText: 'all' });
    expect(field(finetune, 'adapter')).toMatchObject({ control: 'text' });
    expect(field(quantize, 'bits')).toMatchObject({ control: 'select' });
    expect(field(quantize, 'bits')).toHaveProperty('choices', expect.arrayContaining([{ value: 4, label: '4' }]));
  });

  it('leaves the words of the default to the schema where nothing is set', () => {
    expect(field(finetune, 'steps')).toMatchObject({ default: undefined, defaultText: 'from the epochs' });
  });

  it('leaves out what the wizard asks elsewhere', () => {
    expect(fieldsOf(schemaOf(quantizeSchema), 'quantize', ['method']).map((f) => f.key)).not.toContain('method');
  });

  it('draws settings of techniques it has never heard of', () => {
    const schema = z.object({ keepRatio: z.number().gt(0).lt(1).default(0.5).describe('Share that stays') });
    expect(fieldsOf(schemaOf(schema), 'unheard')).toMatchObject([
      {
        label: 'Keep ratio',
        help: 'Share that stays',
        control: 'number',
        aboveMinimum: true,
        belowMaximum: true,
        defaultText: '0.5',
      },
    ]);
  });
});

describe('values', () => {
  const rate = field(finetune, 'learningRate');
  it.each([
    ['0.0002', 0.0002],
    ['2e-4', 0.0002],
    ['', undefined],
  ])('reads %j as %j', (text, value) => expect(readField(rate, text)).toEqual({ ok: true, value }));

  it.each([
    ['zero', 'is not a number'],
    ['0', 'above 0'],
    ['-1', 'above 0'],
    ['1e999', 'is not a number'],
  ])('refuses %j', (text, problem) => {
    const reading = readField(rate, text);
    expect(reading.ok).toBe(false);
    if (!reading.ok) expect(reading.problem).toContain(problem);
  });

  it('accepts exactly what the schema accepts', () => {
    for (const f of finetune) {
      if (f.control !== 'number') continue;
      for (const text of ['-1', '0', '0.5', '1', '7', '8', '1024', '1025', '100000'])
        expect(readField(f, text).ok, `${f.key} ${text}`).toBe(
          finetuneSchema.safeParse({ [f.key]: Number(text) }).success,
        );
    }
  });

  it('reads lists of whole numbers', () => {
    const contexts = fieldsOf(schemaOf(z.object({ contexts: z.array(z.number().int().positive()) })), 'profile')[0];
    expect(readField(contexts, '64, 512 1024')).toEqual({ ok: true, value: [64, 512, 1024] });
    expect(readField(contexts, '64, many').ok).toBe(false);
    expect(readField(contexts, '64, 1.5').ok).toBe(false);
  });

  it('thousands separators are no decimal points', () => {
    expect(readField(field(finetune, 'maxLength'), '1,024')).toEqual({ ok: true, value: 1024 });
    expect(readField(field(finetune, 'maxLength'), '1,5').ok).toBe(false);
  });

  it('counts changes against the preset, and names in recipes what differs from the schema', () => {
    const preset = { rank: 16, epochs: 1 };
    const options = withOption(withOption(preset, 'maxLength', 256), 'batchSize', 4);
    expect(changedKeys(finetune, options, preset)).toEqual(['maxLength']);
    expect(namedOptions(finetune, options)).toEqual({ rank: 16, maxLength: 256 });
    expect(withOption(options, 'rank', undefined)).not.toHaveProperty('rank');
  });
});

it('takes a number or a word where the schema does', () => {
  const batchSize = z
    .union([z.number().int().positive(), z.literal('auto')])
    .default(4)
    .describe('Rows');
  const [either] = fieldsOf(schemaOf(z.object({ batchSize })), 'finetune');
  expect(either).toMatchObject({ control: 'number', integer: true, aboveMinimum: true, words: ['auto'], default: 4 });
  expect(readField(either, 'Auto')).toEqual({ ok: true, value: 'auto' });
  expect(readField(either, '8')).toEqual({ ok: true, value: 8 });
  expect(readField(either, 'many')).toMatchObject({ ok: false });
  expect(readField(either, '0')).toMatchObject({ ok: false });
});
