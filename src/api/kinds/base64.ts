import { invalidValue } from '../causes.ts';
import type { StatusCause } from '../status.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * A cause when `text` is not standard base64 with its padding. Line breaks are let through, as in Kubernetes. `shown`
 * stands in for the text where it must not be repeated.
 */
export function validateBase64(field: string, text: string, { shown = text } = {}): StatusCause[] {
  return BASE64.test(text.replace(/[\r\n]/g, '')) ? [] : [invalidValue(field, shown, 'illegal base64 data')];
}

/** How many bytes the base64 `text` stands for. */
export function decodedBytes(text: string): number {
  return Buffer.byteLength(text, 'base64');
}
