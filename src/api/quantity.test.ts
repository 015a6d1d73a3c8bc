import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliUnits,
  parseQuantity,
  QuantityError,
  roundToMilli,
  subtractQuantities,
  wholeUnits,
} from './quantity.ts';

function canonical(text: string): string {
  return formatQuantity(parseQuantity(text));
}

test('quantities are shown in their canonical form', () => {
  const forms: Record<string, string> = {
    '0': '0',
    '0Mi': '0',
    '-0': '0',
    '1': '1',
    '+1': '1',
    '0.5': '500m',
    '.5': '500m',
    '1.': '1',
    '1000m': '1',
    '1500m': '1500m',
    '100n': '100n',
    '2500u': '2500u',
    '1000k': '1M',
    '1.5k': '1500',
    '1024': '1024',
    '1Ki': '1Ki',
    '1024Ki': '1Mi',
    '1.5Gi': '1536Mi',
    '0.5Ki': '512',
    '0.1Ki': '102400m',
    '-2Mi': '-2Mi',
    '128974848': '128974848',
    '1e3': '1e3',
    '12e4': '120e3',
    '5E': '5E',
    '1E2': '100',
    '1000E': '1000E',
    '16Ei': '16Ei',
    '0.0000000001': '1n',
  };
  for (const [text, form] of Object.entries(forms)) assert.equal(canonical(text), form, text);
});

test('the canonical form reads back as the same amount', () => {
  for (const text of ['1500m', '102400m', '1536Mi', '120e3', '1n', '9223372036854775807', '-250m']) {
    assert.equal(compareQuantities(parseQuantity(canonical(text)), parseQuantity(text)), 0);
  }
});

test('text that is no quantity is refused', () => {
  for (const text of [
    '',
    'm',
    '1x',
    '1 Gi',
    '1.2.3',
    '1KI',
    '1mi',
    'e3',
    '1e',
    '--1',
    '1e99999',
    'NaN',
    '9'.repeat(70),
  ]) {
    assert.throws(() => parseQuantity(text), QuantityError, text);
  }
});

test('amounts of different suffixes compare and add exactly', () => {
  const [half, cpu] = [parseQuantity('500m'), parseQuantity('0.5')];
  assert.equal(compareQuantities(half, cpu), 0);
  assert.ok(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')) > 0);
  assert.ok(compareQuantities(parseQuantity('-1'), parseQuantity('0')) < 0);
  assert.equal(formatQuantity(addQuantities(parseQuantity('0.1'), parseQuantity('0.2'))), '300m');
  assert.equal(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Gi'))), '1Gi');
  assert.equal(formatQuantity(subtractQuantities(parseQuantity('1Gi'), parseQuantity('512Mi'))), '512Mi');
});

test('units and thousandths are rounded away from zero', () => {
  assert.equal(wholeUnits(parseQuantity('1500m')), 2);
  assert.equal(wholeUnits(parseQuantity('-1500m')), -2);
  assert.equal(wholeUnits(parseQuantity('1Gi')), 1073741824);
  assert.equal(milliUnits(parseQuantity('100u')), 1);
  assert.equal(milliUnits(parseQuantity('2')), 2000);
  assert.equal(formatQuantity(roundToMilli(parseQuantity('1500100u'))), '1501m');
});
