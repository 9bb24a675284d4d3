import type { KnockRequest, KnockStep, ServiceName } from '../../app/client/knocker.ts';
import { portListHint } from '../../core/config/values/port-list-hint.ts';
import type { Family } from '../../core/net/address.ts';
import { parsePort } from '../../core/net/port.ts';
import { type Protocol, parseProtocol } from '../../core/net/protocol.ts';
import { isServiceName } from '../../core/net/services.ts';
import { type Millis, millis, seconds } from '../../core/net/time.ts';
import type { OptionTable } from '../arguments/option.ts';
import { type GivenOption, readOptions, UsageError } from '../arguments/read-options.ts';

export type KnockCommand =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'usage-error'; readonly message: string }
  | { readonly kind: 'knock'; readonly request: KnockRequest; readonly verbose: boolean };

export const OPTIONS = {
  udp: {
    type: 'boolean',
    short: 'u',
    summary: 'send every knock by UDP',
    details: 'Whatever the protocol given with the port.',
  },
  delay: {
    type: 'string',
    short: 'd',
    value: 'MS',
    summary: 'wait `MS` milliseconds between knocks',
    details:
      'A delay keeps the knocks in order on networks that reorder packets, and below what a router takes for a port scan. The default is not to wait.',
  },
  ipv4: { type: 'boolean', short: '4', summary: 'use an IPv4 address of the host' },
  ipv6: {
    type: 'boolean',
    short: '6',
    summary: 'use an IPv6 address of the host',
    details: 'Of `-4` and `-6` the last one counts.',
  },
  interface: {
    type: 'string',
    value: 'NAME',
    completes: 'interface',
    summary: 'send through this interface',
    details: 'Regardless of the routes.',
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    summary: 'give up after this time, name resolution included',
    details:
      'Such as 5 or 0.5. The default is no limit; the resolver has its own time limit, see resolv.conf(5).',
  },
  verbose: { type: 'boolean', short: 'v', summary: 'print each knock as it is sent' },
  version: { type: 'boolean', short: 'V', summary: 'print the version' },
  help: { type: 'boolean', short: 'h', summary: 'print this help' },
} as const satisfies OptionTable;

const EXAMPLE = 'server.example.org 7000 8000:udp 9000';

/** The longest timer of Node.js, 2^31-1 ms: about 24 days. */
const LONGEST_WAIT = 2_147_483_647;

type Settings = {
  udp: boolean;
  verbose: boolean;
  delay: Millis;
  timeout?: Millis;
  family?: Family;
  interfaceName?: string;
};

/** Options and operands in any order, as getopt_long(3) accepts them; the first --help or --version wins. */
export function parseKnockOptions(args: readonly string[]): KnockCommand {
  try {
    return readCommand(args);
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'usage-error', message: error.message };
    throw error;
  }
}

function readCommand(args: readonly string[]): KnockCommand {
  const settings: Settings = { udp: false, verbose: false, delay: millis(0) };
  const { options, operands } = readOptions(OPTIONS, args);
  for (const option of options) {
    if (option.name === 'help' || option.name === 'version') return { kind: option.name };
    applyOption(settings, option);
  }
  const { udp, verbose, ...rest } = settings;
  const [host, ...ports] = operands;
  if (host === undefined || host === '') throw new UsageError('no host was given');
  if (looksLikePorts(host)) {
    throw new UsageError(
      `the host is missing, '${host}' is a port: give the host first, as in knock ${EXAMPLE}`,
    );
  }
  if (ports.length === 0) throw new UsageError(`no port to knock on was given for host '${host}'`);
  const steps = ports.map((port) => parseStep(port, udp));
  return { kind: 'knock', verbose, request: { host, steps, ...rest } };
}

/** As an address, such a small number would lie in 0.0.0.0/8, which no host uses. */
function looksLikePorts(host: string): boolean {
  const word = host.replace(/:(?:tcp|udp)$/i, '');
  return parsePort(word) !== undefined || portListHint(word, 'blanks') !== undefined;
}

function applyOption(settings: Settings, { name, value }: GivenOption<typeof OPTIONS>): void {
  if (name === 'udp') settings.udp = true;
  if (name === 'verbose') settings.verbose = true;
  if (name === 'ipv4') settings.family = 4;
  if (name === 'ipv6') settings.family = 6;
  if (name === 'delay') settings.delay = parseDelay(value);
  if (name === 'timeout') settings.timeout = parseTimeout(value);
  if (name === 'interface') settings.interfaceName = parseInterface(value);
}

function parseDelay(text: string): Millis {
  if (/^[0-9]{1,10}$/.test(text) && Number(text) <= LONGEST_WAIT) return millis(Number(text));
  throw new UsageError(`bad delay '${text}': give whole milliseconds from 0 to ${LONGEST_WAIT}`);
}

function parseTimeout(text: string): Millis {
  const limit = /^[0-9]{1,7}(\.[0-9]{1,6})?$/.test(text) ? seconds(Number(text)) : millis(0);
  if (limit > 0 && limit <= LONGEST_WAIT) return limit;
  throw new UsageError(`bad timeout '${text}': give seconds above 0, such as 5 or 0.5`);
}

function parseInterface(text: string): string {
  // netdevice(7): at most 15 bytes, no white space, no slash.
  if (/^[^\s/]+$/.test(text) && Buffer.byteLength(text) <= 15) return text;
  throw new UsageError(
    `bad interface '${text}': give its name, of 1 to 15 characters, as \`ip link\` prints it`,
  );
}

/** `port` or `port:protocol`. */
function parseStep(text: string, udp: boolean): KnockStep {
  const hint = portListHint(text, 'blanks');
  if (hint !== undefined) throw new UsageError(`bad port '${text}': give a number from 1 to 65535; ${hint}`);
  const colon = text.indexOf(':');
  const protocol = colon === -1 ? 'tcp' : parseProtocolWord(text.slice(colon + 1), text);
  const word = colon === -1 ? text : text.slice(0, colon);
  const port = parsePort(word);
  if (port === undefined && !isServiceName(word)) {
    throw new UsageError(`bad port '${word}': give a number from 1 to 65535, or a service name`);
  }
  return { protocol: udp ? 'udp' : protocol, port: port ?? (word as ServiceName) };
}

function parseProtocolWord(word: string, operand: string): Protocol {
  const protocol = parseProtocol(word);
  if (protocol !== undefined) return protocol;
  throw new UsageError(`bad protocol '${word}' in '${operand}': give ${operand.split(':')[0]}:tcp or :udp`);
}
