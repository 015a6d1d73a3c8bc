import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokens } from './tokens.ts';
import { typeScriptFiles } from './tree.ts';

const texts = (source: string) => tokens(source).map(({ kind, text }) => (kind === 'punct' ? text : `${kind}:${text}`));

test('comments and the words in them are left out', () => {
  assert.deepEqual(texts('a // b\n/* c\n d */ e'), ['name:a', 'name:e']);
});

test('strings keep their quotes of the other kind and are no names', () => {
  assert.deepEqual(texts(`f('it\\'s "x"')`), ['name:f', '(', `string:it\\'s "x"`, ')']);
});

test('a template gives its text and then the tokens of its parts, nested ones too', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test holds a template
  assert.deepEqual(texts('x(`a ${b({ c: `${d}` })} e`)'), [
    'name:x',
    '(',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template is read as
    'template:a ${} e',
    'name:b',
    '(',
    '{',
    'name:c',
    ':',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a template is read as
    'template:${}',
    'name:d',
    '}',
    ')',
    ')',
  ]);
});

test('a slash is a division after a value and a regular expression elsewhere', () => {
  assert.deepEqual(texts('a / b / c'), ['name:a', '/', 'name:b', '/', 'name:c']);
  assert.deepEqual(texts(`x = /['"/[/]]/g; y`).slice(2), [`regex:/['"/[/]]/g`, ';', 'name:y']);
  assert.deepEqual(texts(String.raw`s.match(/[/'"]\/x/u)`).slice(3), ['(', String.raw`regex:/[/'"]\/x/u`, ')']);
});

test('lines are counted through comments, strings and templates', () => {
  assert.deepEqual(
    tokens('a\n/*\n*/ b\n`\n` c').map(({ line }) => line),
    [1, 3, 4, 5],
  );
});

test('every file of the project has as many opening as closing braces', () => {
  for (const { path, text } of typeScriptFiles()) {
    const punctuation = tokens(text).filter(({ kind }) => kind === 'punct');
    const count = (mark: string) => punctuation.filter((token) => token.text === mark).length;
    assert.equal(count('{'), count('}'), path);
    assert.equal(count('('), count(')'), path);
  }
});
