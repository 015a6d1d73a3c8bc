import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { ApiResponse, Handle } from '../api/request.ts';
import { type Status, StatusError, statusErrorFrom } from '../api/status.ts';

/** The kubelet of `node`, reached through the node host's socket: what the API server asks for logs. */
export function kubeletOf(nodesSocket: string, node: string): Handle {
  return (request) =>
    new Promise<ApiResponse>((resolve, reject) => {
      const query = request.query.toString();
      const path = `/nodes/${encodeURIComponent(node)}${request.path}${query ? `?${query}` : ''}`;
      const { method, signal } = request;
      const outgoing = httpRequest({ socketPath: nodesSocket, path, method, signal, agent: false });
      outgoing.once('response', (response) => {
        if (response.statusCode === 200) resolve(streamed(response));
        else refusal(response).then(reject, reject);
      });
      outgoing.on('error', (error) =>
        reject(
          new StatusError('ServiceUnavailable', `Cannot reach the kubelet of ${node}: ${error.message}`, {
            cause: error,
          }),
        ),
      );
      outgoing.end();
    });
}

function streamed(response: IncomingMessage): ApiResponse {
  const type = response.headers['content-type'] ?? 'text/plain';
  return { status: 200, headers: { 'content-type': type }, body: { kind: 'bytes', stream: response } };
}

async function refusal(response: IncomingMessage): Promise<StatusError> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  try {
    return statusErrorFrom(JSON.parse(text) as Status);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { statusCode } = response;
    return new StatusError(
      'ServiceUnavailable',
      `Cannot read what the kubelet answers: HTTP ${statusCode} without a Status`,
    );
  }
}
