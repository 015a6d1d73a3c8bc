import { isIPv4, isIPv6 } from 'node:net';
import { invalidValue } from './causes.ts';
import type { StatusCause } from './status.ts';

/** A cause when `value` is no IP address. With `family`, it must be of that family. */
export function validateIp(field: string, value: string, family?: 'IPv4' | 'IPv6'): StatusCause[] {
  if (family === 'IPv4') return isIPv4(value) ? [] : [invalidValue(field, value, 'must be an IPv4 address')];
  if (family === 'IPv6') return isIPv6(value) ? [] : [invalidValue(field, value, 'must be an IPv6 address')];
  if (isIPv4(value) || isIPv6(value)) return [];
  return [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

/** A cause when `value` is no `address/prefix`. */
export function validateCidr(field: string, value: string): StatusCause[] {
  const [, address = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(value) ?? [];
  const max = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (max >= 0 && Number(bits) <= max) return [];
  return [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}
