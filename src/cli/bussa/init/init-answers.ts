import { DEFAULT_CONFIG_FILE } from '../../../app/config/daemon-options.ts';
import type { InitRequest } from '../../../app/init/init-request.ts';
import { type PortOpening, parsePortOpening } from '../../../core/door/port-opening.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Environment } from '../../arguments/verb.ts';
import { PAGE_OPTIONS, readPageArguments } from '../page/page-options.ts';

const MIN_KNOCKS = 3;
const MAX_KNOCKS = 12;

export const INIT_OPTIONS = {
  port: {
    type: 'string',
    value: 'PORT',
    summary: 'the port to hide, as in `22` or `udp/51820` (default: the one of your SSH connection, or 22)',
  },
  for: {
    type: 'string',
    value: 'TIME',
    summary: 'how long a knock opens it, as in 60 or 10m (default 60)',
    details: 'For new connections; connections made in that time live on.',
  },
  door: {
    type: 'string',
    value: 'NAME',
    summary: 'the name of the door (default: the name of its service)',
  },
  knocks: {
    type: 'string',
    value: 'COUNT',
    summary: `the number of knocks, from ${MIN_KNOCKS} to ${MAX_KNOCKS} (default 4)`,
  },
  host: {
    type: 'string',
    value: 'NAME',
    completes: 'host',
    summary: 'the name or address under which clients reach this host, for the printed commands',
  },
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    completes: 'file',
    summary: 'write this file (default `/etc/knockd.conf`)',
  },
  force: {
    type: 'boolean',
    summary: 'rename an existing file, adding the date to its name',
  },
  yes: { type: 'boolean', short: 'y', summary: 'ask nothing: write the file, and start nothing' },
  ...PAGE_OPTIONS,
  qr: {
    type: 'boolean',
    summary: "print a QR code that makes a phone's browser knock",
    details:
      'It holds a small page as a `data:` address: scan it, and open or paste the text in the address bar of the browser. It is the knock itself, so show it to nobody.',
  },
} as const satisfies OptionTable;

/** The answers from the command line, with defaults for the rest. */
export type InitAnswers = {
  readonly configFile: string;
  readonly force: boolean;
  readonly knocks: number;
  readonly port?: PortOpening;
  readonly openFor?: string;
  readonly door?: string;
  readonly host?: string;
  readonly page?: NonNullable<InitRequest['page']>;
  /** Default for `port`. */
  readonly likelyPort: PortOpening;
};

/** Throws a `UsageError`. */
export function readInitAnswers(values: ReadonlyMap<string, string>, environment: Environment): InitAnswers {
  const taken = <Value>(name: string, parse: (text: string) => Value | Error): Value | undefined => {
    const text = values.get(name);
    const value = text === undefined ? undefined : parse(text);
    if (value instanceof Error) throw new UsageError(`option '--${name} ${text}': ${value.message}`);
    return value;
  };
  const wishes = {
    page: readPageArguments(values),
    port: taken('port', parsePortAnswer),
    openFor: taken('for', parseTimeAnswer),
    door: taken('door', parseDoorAnswer),
    host: taken('host', parseHostAnswer),
  };
  const given = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
  return {
    configFile: values.get('config') ?? DEFAULT_CONFIG_FILE,
    force: values.has('force'),
    knocks: taken('knocks', parseKnocksAnswer) ?? 4,
    ...given,
    likelyPort: likelyPort(environment),
  };
}

/** sshd(8): SSH_CONNECTION holds the client's address and port, then the server's. */
function likelyPort({ SSH_CONNECTION = '' }: Environment): PortOpening {
  const port = parsePortAnswer(SSH_CONNECTION.split(' ')[3] ?? '');
  return port instanceof Error ? (parsePortAnswer('22') as PortOpening) : port;
}

export function parsePortAnswer(text: string): PortOpening | Error {
  const opening = parsePortOpening(/^[0-9]/.test(text) ? `tcp/${text.replace(/\/tcp$/, '')}` : text);
  return (
    opening ?? new Error('write a port such as 22, udp/51820, or tcp/8080 forward for one behind this host')
  );
}

export function parseTimeAnswer(text: string): string | Error {
  const [, digits] = /^([0-9]{1,6})[smhd]?$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) > 0) return text;
  return new Error('write seconds, or a number followed by s, m, h or d, such as 60 or 10m');
}

export function parseHostAnswer(text: string): string | Error {
  if (/^[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}$/.test(text) || /^::?[0-9a-f:.]+$/i.test(text)) return text;
  return new Error('write a host name or an address');
}

function parseDoorAnswer(text: string): string | Error {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$/.test(text) && text.toLowerCase() !== 'options') return text;
  return new Error('write letters, digits, - and _');
}

function parseKnocksAnswer(text: string): number | Error {
  const count = /^[0-9]{1,2}$/.test(text) ? Number(text) : 0;
  if (count >= MIN_KNOCKS && count <= MAX_KNOCKS) return count;
  return new Error(`give a number from ${MIN_KNOCKS} to ${MAX_KNOCKS}`);
}

/** Fills in the defaults for what was not given. */
export function settle(
  { configFile, force, knocks, port, openFor, door, host, page, likelyPort }: InitAnswers,
  { guessHost, nameDoor }: { guessHost: () => string; nameDoor: (port: PortOpening) => string },
): InitRequest {
  const hidden = port ?? likelyPort;
  return {
    ...{ configFile, force, knocks },
    ports: [hidden],
    openFor: openFor ?? DEFAULT_TIME,
    door: door ?? nameDoor(hidden),
    host: host ?? guessHost(),
    ...(page === undefined ? {} : { page }),
  };
}

export const DEFAULT_TIME = '60';
