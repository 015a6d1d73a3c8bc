import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, labelsText, validateLabelSelector } from './labels.ts';
import type { LabelSelectorRequirement } from './types/meta.ts';

function problems(...matchExpressions: LabelSelectorRequirement[]): string[] {
  return validateLabelSelector({ matchExpressions }, 'selector').map(
    ({ field, message }) => `${field}: ${message.replace(/ \(e\.g\..*/, '')}`,
  );
}

test('In and NotIn need values, Exists and DoesNotExist take none', () => {
  assert.deepEqual(problems({ key: 'a', operator: 'In', values: ['b'] }, { key: 'a', operator: 'Exists' }), []);
  assert.deepEqual(problems({ key: 'a', operator: 'NotIn' }, { key: 'a', operator: 'DoesNotExist', values: ['b'] }), [
    "selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    "selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ]);
});

test('operators, keys and values of a selector are known and well formed', () => {
  assert.deepEqual(problems({ key: 'a', operator: 'Like' as 'In' }), [
    'selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
  ]);
  const [key, value] = problems({ key: 'a/b/c', operator: 'In', values: ['x y'] });
  assert.match(key ?? '', /^selector\.matchExpressions\[0\]\.key: Invalid value: "a\/b\/c": a qualified name/);
  assert.match(value ?? '', /^selector\.matchExpressions\[0\]\.values\[0\]: Invalid value: "x y": a valid label/);
  const [label] = validateLabelSelector({ matchLabels: { 'a b': '' } }, 'selector');
  assert.equal(label?.field, 'selector.matchLabels');
});

test('labels are shown sorted by key', () => {
  assert.equal(formatLabels({ b: '2', a: '1' }), 'a=1,b=2');
  assert.equal(formatLabels({}), '<none>');
  assert.equal(formatLabels(undefined), '<none>');
  assert.equal(labelsText(undefined), '');
});
