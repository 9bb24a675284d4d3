import type { KnockOrder, KnockStep, ServiceName } from '../app/knocker.ts';
import type { Family } from '../core/net/address.ts';
import { parsePort } from '../core/net/port.ts';
import { type Protocol, parseProtocol } from '../core/net/protocol.ts';
import { isServiceName } from '../core/net/services.ts';
import { type Millis, millis, seconds } from '../core/net/time.ts';
import { type GivenOption, readOptions, UsageError } from './read-options.ts';

export type KnockCommand =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'usage-error'; readonly message: string }
  | { readonly kind: 'knock'; readonly order: KnockOrder; readonly verbose: boolean };

export const OPTIONS = {
  udp: { type: 'boolean', short: 'u' },
  delay: { type: 'string', short: 'd' },
  ipv4: { type: 'boolean', short: '4' },
  ipv6: { type: 'boolean', short: '6' },
  interface: { type: 'string' },
  timeout: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  version: { type: 'boolean', short: 'V' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The longest that a timer of Node.js waits, 2^31-1 ms: about 24 days. */
const LONGEST_WAIT = 2_147_483_647;

type Settings = {
  udp: boolean;
  verbose: boolean;
  delay: Millis;
  timeout?: Millis;
  family?: Family;
  interfaceName?: string;
};

/** Options and operands in any order, as getopt_long(3) takes them; the first help or version asked for wins. */
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
  if (ports.length === 0) throw new UsageError(`no port to knock on was given for host '${host}'`);
  const steps = ports.map((port) => parseStep(port, udp));
  return { kind: 'knock', verbose, order: { host, steps, ...rest } };
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
