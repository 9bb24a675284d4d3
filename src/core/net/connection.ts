import type { Address } from './address.ts';
import type { Port } from './port.ts';
import type { Protocol } from './protocol.ts';

/** An established connection to a service. `input`: on this host; `forward`: behind it, by the port addressed first. */
export type Connection = {
  readonly protocol: Protocol;
  readonly path: 'input' | 'forward';
  readonly port: Port;
  readonly peer: Address;
  readonly peerPort: Port;
};
