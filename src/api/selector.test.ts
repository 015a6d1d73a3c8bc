import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatLabelSelector,
  labelSelectorText,
  matcherOf,
  matcherOfLabels,
  parseFieldSelector,
  parseLabelSelector,
} from './selector.ts';
import { isStatus } from './status.ts';

const WEB = { app: 'web', tier: 'front', weight: '10' };

test('every operator of a label selector selects what it says', () => {
  const selected: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier = front', true],
    ['app=api', false],
    ['app!=api', true],
    ['missing!=api', true],
    ['app!=web', false],
    ['app in (web,api)', true],
    ['app in ( api )', false],
    ['missing in (a)', false],
    ['app notin (api)', true],
    ['missing notin (api)', true],
    ['app notin (web,api)', false],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['! app', false],
    ['weight>9', true],
    ['weight<10', false],
    ['app>1', false],
    ['app=', false],
    ['missing=', false],
    ['app=web,tier in (front),!missing,weight>1', true],
    ['in=in', false],
    ['notin', false],
    ['app in (web,)', true],
  ];
  for (const [text, wanted] of selected) assert.equal(parseLabelSelector(text)(WEB), wanted, text);
});

test('an empty value selects the label with the empty value', () => {
  assert.equal(parseLabelSelector('app=')({ app: '' }), true);
  assert.equal(parseLabelSelector('app in ()')({ app: '' }), true);
  assert.equal(parseLabelSelector('app=,tier=b')({ app: '', tier: 'b' }), true);
});

test('an object without labels is matched like one with none', () => {
  assert.equal(parseLabelSelector('!app')(undefined), true);
  assert.equal(parseLabelSelector('app')(undefined), false);
});

test('a selector that cannot be read is a bad request with the reason', () => {
  const refused: Record<string, RegExp> = {
    ',': /found ',', expected: !, identifier, or 'end of string'/,
    'a,': /found '', expected: identifier after ','/,
    'a=b c': /found 'c', expected: ',' or 'end of string'/,
    'a in b': /unable to parse requirement: found 'b' expected: '\('/,
    'a in (b': /unable to parse requirement: found '', expected: ',', '\)' or identifier/,
    'a in (b c)': /unable to parse requirement: found 'c', expected: ',', '\)' or identifier/,
    'a b': /unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt/,
    'a==!b': /unable to parse requirement: found '!', expected: identifier/,
    '!=b': /found '!=', expected: !, identifier, or 'end of string'/,
    '-a=b': /unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/,
    'a=b/c': /unable to parse requirement: values\[0\]\[a\]: Invalid value: "b\/c": a valid label must be/,
    'a>b': /unable to parse requirement: .*the value must be an integer/,
  };
  for (const [text, message] of Object.entries(refused)) {
    assert.throws(
      () => parseLabelSelector(text),
      (error) => isStatus(error, 'BadRequest') && message.test(error.message),
      text,
    );
  }
});

test('an absent selector selects nothing, an empty one everything', () => {
  assert.equal(matcherOf(undefined)(WEB), false);
  assert.equal(matcherOf({})(WEB), true);
  assert.equal(matcherOfLabels(undefined)(WEB), false);
  assert.equal(matcherOfLabels({})(WEB), false);
  assert.equal(matcherOfLabels({ app: 'web' })(WEB), true);
  assert.equal(matcherOfLabels({ app: 'web', tier: 'back' })(WEB), false);
});

test('labels and expressions of a selector must all hold', () => {
  const matches = matcherOf({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'gone', operator: 'DoesNotExist' },
    ],
  });
  assert.equal(matches(WEB), true);
  assert.equal(matches({ ...WEB, gone: 'yes' }), false);
  assert.equal(matches({ app: 'web' }), false);
});

test('a selector as text reads back as itself', () => {
  const selector = {
    matchLabels: { b: '1', a: '2' },
    matchExpressions: [
      { key: 'd', operator: 'NotIn' as const, values: ['y', 'x'] },
      { key: 'c', operator: 'Exists' as const },
      { key: 'e', operator: 'DoesNotExist' as const },
    ],
  };
  const text = formatLabelSelector(selector);
  assert.equal(text, 'a=2,b=1,c,d notin (x,y),!e');
  const matches = parseLabelSelector(text);
  assert.equal(matches({ a: '2', b: '1', c: '', d: 'z' }), true);
  assert.equal(matches({ a: '2', b: '1', c: '', d: 'x' }), false);
  assert.equal(formatLabelSelector({}), '<none>');
  assert.equal(formatLabelSelector(undefined), '<none>');
  assert.equal(labelSelectorText({}), '');
});

test('field selectors know equal, not equal and escapes', () => {
  assert.deepEqual(parseFieldSelector('metadata.name=web,status.phase!=Running,spec.nodeName=='), [
    { field: 'metadata.name', operator: '=', value: 'web' },
    { field: 'status.phase', operator: '!=', value: 'Running' },
    { field: 'spec.nodeName', operator: '=', value: '' },
  ]);
  assert.deepEqual(parseFieldSelector(''), []);
  assert.deepEqual(parseFieldSelector('a=b\\,c\\=d\\\\'), [{ field: 'a', operator: '=', value: 'b,c=d\\' }]);
  const name = 'involvedObject.fieldPath=spec.containers{web}';
  assert.deepEqual(parseFieldSelector(name)[0]?.value, 'spec.containers{web}');
});

test('a field selector that cannot be read is a bad request', () => {
  for (const text of ['status.phase', 'a=b=c', 'a=b,c']) {
    assert.throws(
      () => parseFieldSelector(text),
      (error) => isStatus(error, 'BadRequest') && /can't understand/.test(error.message),
      text,
    );
  }
});
