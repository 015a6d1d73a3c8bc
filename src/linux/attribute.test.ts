import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute, attributeList, attributes, be16, be32, be64, nested, text, textOf, u32 } from './attribute.ts';

test('an attribute is its length, its type and its payload, filled up to four bytes', () => {
  assert.deepEqual([...attribute(3, Buffer.from('abcde'))], [9, 0, 3, 0, 97, 98, 99, 100, 101, 0, 0, 0]);
});

test('what is nested is read back by type, without the flag of nesting', () => {
  const outer = nested(18, attribute(1, text('veth')), attribute(2, u32(7)));
  const [[type, payload]] = attributeList(outer) as [[number, Buffer]];
  assert.equal(type, 18);
  const inner = attributes(payload);
  assert.equal(textOf(inner.get(1)!), 'veth');
  assert.equal(inner.get(2)!.readUInt32LE(), 7);
});

test('netfilter numbers are in network order, negative verdicts included', () => {
  assert.deepEqual([...be16(8080)], [0x1f, 0x90]);
  assert.deepEqual([...be32(-4)], [255, 255, 255, 252]);
  assert.deepEqual([...be64(10_800_000)], [0, 0, 0, 0, 0, 164, 203, 128]);
});

test('an attribute that is cut short ends the list', () => {
  assert.deepEqual(attributeList(Buffer.from([2, 0, 1, 0, 9, 9, 9, 9])), []);
});
