import { attribute, be16, be32, be64, nested, text, u8 } from './attribute.ts';
import { ipv4Bytes } from './ipv4.ts';

/**
 * Expressions of nf_tables, as enums of linux/netfilter/nf_tables.h number them. A rule is a list of them; each reads
 * and writes 32-bit registers, which are numbered from 8. A comparison that fails ends the rule.
 */
export type Expression = Buffer;

/** A nat, reject or goto ends the rule; the others go on. */
const LIST_ELEMENT = 1;
const NFPROTO_IPV4 = 2;
const VERDICT_REGISTER = 0;
export const Verdict = { drop: 0, accept: 1, jump: -3, goto: -4 } as const;
/** Bits of `ctState`. */
export const CtState = { invalid: 1, established: 2, related: 4, new: 8 } as const;
/** Bits of `ctStatus`. */
export const CtStatus = { seenReply: 2, sourceNat: 16, destinationNat: 32 } as const;

function expression(name: string, ...data: readonly Uint8Array[]): Expression {
  return nested(LIST_ELEMENT, attribute(1, text(name)), nested(2, ...data));
}

function register(type: number, value: number): Buffer {
  return attribute(type, be32(value));
}

function payload(base: number, offset: number, options: { length: number; to: number }): Expression {
  return expression(
    'payload',
    register(1, options.to),
    register(2, base),
    register(3, offset),
    register(4, options.length),
  );
}

/** Loads the packet's IPv4 source address. */
export function sourceAddress(to: number): Expression {
  return payload(1, 12, { length: 4, to });
}

/** Loads the packet's IPv4 destination address. */
export function destinationAddress(to: number): Expression {
  return payload(1, 16, { length: 4, to });
}

/** Loads the destination port of TCP, UDP or SCTP. */
export function destinationPort(to: number): Expression {
  return payload(2, 2, { length: 2, to });
}

/** Loads the protocol above IP. */
export function transportProtocol(to: number): Expression {
  return expression('meta', register(1, to), register(2, 16));
}

/** Loads the connection's state: bits of `CtState`. */
export function ctState(to: number): Expression {
  return expression('ct', register(1, to), register(2, 0));
}

/** Loads the connection's status: bits of `CtStatus`. */
export function ctStatus(to: number): Expression {
  return expression('ct', register(1, to), register(2, 2));
}

/** Loads a random number below `modulus`, evenly spread. */
export function randomBelow(modulus: number, to: number): Expression {
  return expression('numgen', register(1, to), register(2, modulus), register(3, 1));
}

/** Loads the kind of the source address as the routing table sees it: `RTN_LOCAL` is 2. */
export function sourceAddressKind(to: number): Expression {
  return expression('fib', register(1, to), register(2, 3), register(3, 1));
}

export function equals(from: number, value: Uint8Array): Expression {
  return expression('cmp', register(1, from), register(2, 0), nested(3, attribute(1, value)));
}

export function differs(from: number, value: Uint8Array): Expression {
  return expression('cmp', register(1, from), register(2, 1), nested(3, attribute(1, value)));
}

/** Keeps the bits of a 32-bit register that are set in `bits`. */
export function mask(at: number, bits: Uint8Array): Expression {
  return expression(
    'bitwise',
    register(1, at),
    register(2, at),
    register(3, 4),
    nested(4, attribute(1, bits)),
    nested(5, attribute(1, Buffer.alloc(4))),
  );
}

/** Loads a constant. */
export function load(value: Uint8Array, to: number): Expression {
  return expression('immediate', register(1, to), nested(2, attribute(1, value)));
}

/** Goes on only when the key that starts at register `from` is in the set. */
export function isIn(set: string, from: number): Expression {
  return expression('lookup', attribute(1, text(set)), register(2, from));
}

/** Looks the key that starts at register `from` up in a map of verdicts; goes on when it is not there. */
export function verdictOf(map: string, from: number): Expression {
  return expression('lookup', attribute(1, text(map)), register(2, from), register(3, VERDICT_REGISTER));
}

/** Puts the key at register `from` into a set for `timeoutMs`, or starts its time anew. */
export function remember(set: string, from: number, timeoutMs: number): Expression {
  return expression(
    'dynset',
    attribute(1, text(set)),
    register(3, 1),
    register(4, from),
    attribute(6, be64(timeoutMs)),
  );
}

/** Ends with a verdict, or by going to another chain. */
export function verdict(code: number, chain?: string): Expression {
  return expression('immediate', register(1, VERDICT_REGISTER), nested(2, verdictData(code, chain)));
}

/** The verdict as data, for elements of a map of verdicts. */
export function verdictData(code: number, chain?: string): Buffer {
  const target = chain === undefined ? [] : [attribute(2, text(chain))];
  return nested(2, attribute(1, be32(code)), ...target);
}

/** Sends the connection to another destination; registers 14 and 15 are used. */
export function destinationNat(ip: string, port: number): readonly Expression[] {
  return [
    load(ipv4Bytes(ip), 14),
    load(be16(port), 15),
    expression('nat', register(1, 1), register(2, NFPROTO_IPV4), register(3, 14), register(5, 15)),
  ];
}

/** Gives the connection the address of the device it leaves by, and a random port. */
export function masquerade(): Expression {
  return expression('masq', register(1, 1 << 4));
}

/** Answers with a TCP reset. */
export function rejectByReset(): Expression {
  return expression('reject', register(1, 1), attribute(2, u8(0)));
}

/** Answers with ICMP port unreachable. */
export function rejectByIcmp(): Expression {
  return expression('reject', register(1, 0), attribute(2, u8(3)));
}
