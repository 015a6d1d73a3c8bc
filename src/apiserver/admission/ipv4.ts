/** An IPv4 address as a number, or undefined when `text` is not one. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** First and last usable address of a block: without the network's own and the broadcast address. */
export function parseIpv4Block(cidr: string): { from: number; to: number } | undefined {
  const [address = '', length = ''] = cidr.split('/');
  const base = parseIpv4(address);
  if (base === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 30) return undefined;
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(base / size) * size;
  return { from: first + 1, to: first + size - 2 };
}
