import { NETLINK_SOCK_DIAG, NetlinkSocket } from './netlink.ts';

const SOCK_DIAG_BY_FAMILY = 20;
const IPPROTO_TCP = 6;
const FAMILIES = [2, 10] as const;
const Tcp = { established: 1, synRecv: 3, listen: 10, newSynRecv: 12 } as const;
const REQUEST_LENGTH = 56;

/** What the TCP sockets of a network namespace are doing now. */
export interface TcpState {
  /** Connections that wait to be accepted, over all listeners. */
  readonly acceptQueue: number;
  /** Handshakes half done. */
  readonly halfOpen: number;
  /** Established connections whose local port has a listener. */
  readonly inbound: number;
}

/** Looks at the TCP sockets of the network namespace it was opened in, by sock_diag(7). Keeps that namespace alive. */
export class TcpSocketWatch {
  readonly #socket = new NetlinkSocket(NETLINK_SOCK_DIAG);
  readonly #requests = FAMILIES.map((family) => ({
    listen: request(family, [Tcp.listen]),
    others: request(family, [Tcp.established, Tcp.synRecv, Tcp.newSynRecv]),
  }));

  read(): TcpState {
    let acceptQueue = 0;
    let halfOpen = 0;
    let inbound = 0;
    const listening = new Set<number>();
    for (const { listen } of this.#requests) {
      this.#socket.each(listen, (_type, body) => {
        acceptQueue += body.readUInt32LE(56);
        listening.add(body.readUInt16BE(4));
      });
    }
    for (const { others } of this.#requests) {
      this.#socket.each(others, (_type, body) => {
        if (body[1] !== Tcp.established) halfOpen++;
        else if (listening.has(body.readUInt16BE(4))) inbound++;
      });
    }
    return { acceptQueue, halfOpen, inbound };
  }

  close(): void {
    this.#socket.close();
  }
}

function request(family: number, states: readonly number[]) {
  const body = Buffer.alloc(REQUEST_LENGTH);
  body[0] = family;
  body[1] = IPPROTO_TCP;
  body.writeUInt32LE(
    states.reduce((mask, state) => mask | (1 << state), 0),
    4,
  );
  return { type: SOCK_DIAG_BY_FAMILY, flags: 0, body, doing: 'look at TCP sockets' };
}
