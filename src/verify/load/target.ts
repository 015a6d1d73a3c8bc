/** Where requests go and what they look like: the same bytes each time. */
export interface Target {
  readonly url: string;
  /** IP address: names are resolved once, before the load begins. */
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly request: Buffer;
  readonly endpointHeader: string;
}

export interface TargetOptions {
  readonly url: URL;
  readonly address: string;
  readonly method: string;
  /** `name: value` lines. */
  readonly headers: readonly string[];
  readonly keepAlive: boolean;
  readonly endpointHeader: string;
}

export function targetOf(options: TargetOptions): Target {
  const { url, method } = options;
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'User-Agent: segue-verify',
    `Connection: ${options.keepAlive ? 'keep-alive' : 'close'}`,
    ...(method === 'GET' || method === 'HEAD' ? [] : ['Content-Length: 0']),
    ...options.headers,
  ];
  return {
    url: url.href,
    address: options.address,
    port: Number(url.port || 80),
    method,
    request: Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
    endpointHeader: options.endpointHeader.toLowerCase(),
  };
}
