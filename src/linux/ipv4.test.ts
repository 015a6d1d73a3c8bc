import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv4At, ipv4Bytes, ipv4Mask, ipv4Range, ipv4Text } from './ipv4.ts';

test('addresses are read and written in dotted form', () => {
  assert.equal(ipv4Text(ipv4Bytes('10.244.1.254')), '10.244.1.254');
  for (const bad of ['10.244.1', '10.244.1.256', '::1', '']) assert.throws(() => ipv4Bytes(bad), RangeError);
});

test('a range knows its addresses and nothing beyond them', () => {
  const range = ipv4Range('10.96.0.0/12');
  assert.equal(range.size, 2 ** 20);
  assert.equal(ipv4At(range, 257), '10.96.1.1');
  assert.equal(ipv4At(range, range.size - 1), '10.111.255.255');
  assert.throws(() => ipv4At(range, range.size), RangeError);
  assert.throws(() => ipv4At(range, -1), RangeError);
});

test('a range with host bits, or without a prefix length, is refused', () => {
  for (const bad of ['10.96.0.1/12', '10.96.0.0', '10.96.0.0/33', '10.96.0.0/x']) {
    assert.throws(() => ipv4Range(bad), RangeError);
  }
});

test('a mask has as many bits as its prefix length', () => {
  const masks = [0, 12, 24, 32].map((length) => ipv4Text(ipv4Mask(length)));
  assert.deepEqual(masks, ['0.0.0.0', '255.240.0.0', '255.255.255.0', '255.255.255.255']);
});
