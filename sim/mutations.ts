import type { Transport } from '../src/client/transport.ts';
import type { NodeSeams } from './node.ts';
import type { World } from './world.ts';

/** One part of the design left out, at a seam of the simulated world. */
export interface Mutation {
  readonly name: string;
  /** What is left out, in a sentence. */
  readonly without: string;
  readonly seams?: NodeSeams;
  /** Stands between a component and the network. */
  readonly transport?: (world: World) => (name: string, transport: Transport) => Transport;
}
