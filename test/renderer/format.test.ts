/** Numbers, sizes and times as people read them. */
import { describe, expect, it } from 'vitest';
import { bytes, bytesIn } from '../../renderer/format/bytes.ts';
import {
  changeWords,
  compactCount,
  counted,
  percent,
  percentToTenth,
  shortNumber,
  signedPercent,
  times,
} from '../../renderer/format/number.ts';
import { ago, duration } from '../../renderer/format/time.ts';

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '2 KB'],
  [999_600, '1 MB'],
  [4_560_000, '4.6 MB'],
  [271_060_552, '271 MB'],
  [1_300_000_000, '1.3 GB'],
  [30_700_000_000, '30.7 GB'],
])('writes %d bytes as %s', (value, text) => expect(bytes(value)).toBe(text));

it.each([
  [539_400_000, 'MB', '539'],
  [4_560_000, 'MB', '4.6'],
  [1_234_500_000, 'MB', '1,235'],
  [23_400_000, 'MB', '23.4'],
] as const)('writes %d bytes in %s as %s', (value, unit, text) => expect(bytesIn(value, unit)).toBe(text));

it.each([
  [64.234, '64.2'],
  [1130.4, '1,130'],
  [0.0521, '0.0521'],
  [0.7, '0.7'],
  [1.82, '1.82'],
  [0.0002, '0.0002'],
  [0.000012, '1.2e-5'],
  [0, '0'],
  [99.96, '100'],
  [Number.NaN, 'n/a'],
])('writes %d as %s', (value, text) => expect(shortNumber(value)).toBe(text));

it.each([
  [512, '512'],
  [134_515_008, '134.5M'],
  [1_700_000_000, '1.7B'],
  [8_000_000_000, '8B'],
  [999_999, '1M'],
  [12_345, '12.3K'],
])('counts %d as %s', (value, text) => expect(compactCount(value)).toBe(text));

it('says one and many', () => {
  expect([counted(1, 'chat'), counted(5210, 'chat'), counted(2, 'row has', 'rows have')]).toEqual([
    '1 chat',
    '5,210 chats',
    '2 rows have',
  ]);
});

it('writes shares, ratios and changes', () => {
  expect([changeWords(1.056), changeWords(3.1), changeWords(1 / 211), changeWords(0)]).toEqual([
    '+5.6%',
    '3.1× higher',
    '211× lower',
    'n/a',
  ]);
  expect([percent(0.614), percent(0.056), percent(0)]).toEqual(['61%', '5.6%', '0%']);
  expect([percentToTenth(0.6143), percentToTenth(0)]).toEqual(['61.4%', '0.0%']);
  expect([times(5.86), times(0.5), times(12.4)]).toEqual(['5.9×', '0.5×', '12×']);
  expect([signedPercent(0.056), signedPercent(-0.012), signedPercent(0.0001), signedPercent(0.286)]).toEqual([
    '+5.6%',
    '−1.2%',
    '±0%',
    '+29%',
  ]);
});

describe('time', () => {
  it.each([
    [0.0613, '61 ms'],
    [1.25, '1.3 s'],
    [38.2, '38 s'],
    [200, '3 min 20 s'],
    [180, '3 min'],
    [7500, '2 h 5 min'],
    [3599.7, '1 h'],
    [200_000, '2 days 8 h'],
  ])('writes %d s as %s', (seconds, text) => expect(duration(seconds)).toBe(text));

  it('says how long ago', () => {
    const now = new Date(2026, 10, 25, 12, 0, 0).getTime();
    const earlier = (minutes: number) => ago(now - minutes * 60_000, now);
    expect([earlier(0.2), earlier(26), earlier(180), earlier(13 * 60), earlier(3 * 24 * 60)]).toEqual([
      'now',
      '26 min ago',
      '3 h ago',
      'yesterday',
      '3 days ago',
    ]);
  });
});
