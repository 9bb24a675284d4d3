import { type Address, parseAddress } from '../net/address.ts';
import { type Port, parsePort } from '../net/port.ts';
import { type Protocol, parseProtocol } from '../net/protocol.ts';

export type WantedPort = { readonly protocol: Protocol; readonly port: Port };

/** The request of an fwknop packet. */
export type SpaRequest = {
  /** The address to open the ports for. Absent: `0.0.0.0`, which stands for the packet's own source. */
  readonly address?: Address;
  readonly ports: readonly [WantedPort, ...WantedPort[]];
};

/** A packet has room for about a hundred. */
const MAX_PORTS = 128;

/** Parses `192.0.2.7,tcp/22,udp/53`. `undefined` for anything else. */
export function readSpaRequest(message: string): SpaRequest | undefined {
  const [source = '', ...words] = message.split(',');
  const address = parseAddress(source);
  if (address === undefined || words.length > MAX_PORTS) return undefined;
  const ports = words.map(readPort);
  const [first, ...rest] = ports.filter((port) => port !== undefined);
  if (first === undefined || rest.length + 1 !== ports.length) return undefined;
  const isOpen = address === '0.0.0.0' || address === '::';
  return { ...(isOpen ? {} : { address }), ports: [first, ...rest] };
}

function readPort(text: string): WantedPort | undefined {
  const [, name = '', digits = ''] = /^([a-z]{3})\/([0-9]{1,5})$/i.exec(text) ?? [];
  const protocol = parseProtocol(name);
  const port = parsePort(digits);
  return protocol === undefined || port === undefined ? undefined : { protocol, port };
}

export const renderWantedPort = ({ protocol, port }: WantedPort): string => `${protocol}/${port}`;
