import { parseAddress } from '../../net/address.ts';
import { addressNumber } from './ip-range.ts';
import type { Journey, Stranger } from './journey.ts';
import type { Choice, Step } from './ruleset.ts';
import { is } from './truth.ts';

/**
 * Targets of iptables-extensions(8) after which the packet continues with the next rule, unchanged for all rules here.
 */
const GO_ON: ReadonlySet<string> = new Set(
  (
    'AUDIT CHECKSUM CLASSIFY CONNSECMARK ECN HMARK IDLETIMER LED LOG NFLOG ULOG RATEEST SECMARK SET TCPMSS TCPOPTSTRIP ' +
    'TEE TRACE DSCP TOS TTL HL ACCOUNT'
  ).split(' '),
);
const DROPS: ReadonlySet<string> = new Set(['DROP', 'REJECT', 'TARPIT', 'DELUDE', 'CHAOS']);
/** Another program decides, or the packet's fate is unknown. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'NFQUEUE',
  'QUEUE',
  'SYNPROXY',
  'TPROXY',
  'CLUSTERIP',
  'RAWDNAT',
]);

/** Bussa's chains with leases as rules (core/iptables/part-names.ts). */
const DOOR_CHAIN = /^BUSSA-[a-z0-9_]*-[0-9a-f]{16}$/;

export function readTarget(words: readonly string[], chainKey: (name: string) => string): Step[] {
  const [how, name = '', ...options] = words;
  if (how === undefined) return [];
  if (how === '-g') return [verdict({ kind: 'goto', chain: chainKey(name) })];
  if (name === 'ACCEPT') return [verdict({ kind: 'accept' })];
  if (name === 'RETURN') return [verdict({ kind: 'return' })];
  if (DROPS.has(name)) return [verdict({ kind: 'drop' })];
  if (UNKNOWN.has(name)) return [verdict({ kind: 'unknown', why: `the target ${name}` })];
  if (name === 'SET')
    return [{ kind: 'change', change: (_, journey) => touch(journey, `ipset ${options[1] ?? ''}`) }];
  if (GO_ON.has(name)) return [];
  switch (name) {
    case 'MARK':
      return [
        { kind: 'change', change: (_, journey) => ({ ...journey, mark: newMark(options, journey.mark) }) },
      ];
    case 'CONNMARK':
      return [{ kind: 'change', change: (_, journey) => changeConnectionMark(options, journey) }];
    case 'CT':
    case 'NOTRACK':
      return name === 'NOTRACK' || options.includes('--notrack')
        ? [{ kind: 'change', change: (_, journey) => ({ ...journey, tracking: 'untracked' }) }]
        : [];
    case 'DNAT':
    case 'REDIRECT':
    case 'NETMAP':
      return [
        { kind: 'translate', translate: (packet, journey) => translate(name, options, packet, journey) },
      ];
    case 'MASQUERADE':
    case 'SNAT':
      return [verdict({ kind: 'accept' })];
    default:
      return DOOR_CHAIN.test(name)
        ? throughDoor(chainKey(name))
        : [verdict({ kind: 'jump', chain: chainKey(name) })];
  }
}

/** Bussa's chain of a door, where each lease is a rule. */
function throughDoor(chain: string): Step[] {
  const leased: Choice = {
    name: 'lease',
    test: ({ hasLease }) => is(hasLease === true),
    verdict: { kind: 'accept' },
  };
  const other: Choice = { name: 'lease', test: () => 'yes', verdict: { kind: 'jump', chain } };
  return [{ kind: 'choice', choices: [leased, other] }];
}

const verdict = (one: Extract<Step, { kind: 'verdict' }>['verdict']): Step => ({
  kind: 'verdict',
  verdict: one,
});

export function touch(journey: Journey, what: string): Journey {
  return journey.touched.has(what) ? journey : { ...journey, touched: new Set([...journey.touched, what]) };
}

/** `0x1/0xff`; without a mask all bits. */
export function parseMark(text: string): { readonly value: number; readonly mask: number } | undefined {
  const match = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})(?:\/(0x[0-9a-f]{1,8}|[0-9]{1,10}))?$/i.exec(text);
  if (match === null) return undefined;
  return {
    value: Number(match[1]) >>> 0,
    mask: match[2] === undefined ? 0xffff_ffff : Number(match[2]) >>> 0,
  };
}

function newMark([option = '', text = '']: readonly string[], mark: number | undefined): number | undefined {
  const parsed = parseMark(text);
  if (parsed === undefined) return undefined;
  const { value, mask } = parsed;
  if (option === '--set-xmark' && mask === 0xffff_ffff) return value;
  if (mark === undefined) return undefined;
  switch (option) {
    case '--set-xmark':
      return ((mark & ~mask) ^ value) >>> 0;
    case '--set-mark':
      return ((mark & ~mask) | value) >>> 0;
    case '--and-mark':
      return (mark & value) >>> 0;
    case '--or-mark':
      return (mark | value) >>> 0;
    case '--xor-mark':
      return (mark ^ value) >>> 0;
    default:
      return undefined;
  }
}

/** net/netfilter/xt_connmark.c: restoring copies the connection's mark to the packet, saving does the opposite. */
function changeConnectionMark(options: readonly string[], journey: Journey): Journey {
  const { mark, connectionMark } = journey;
  const option = options[0] ?? '';
  // Before or without connection tracking, a packet has no connection to mark.
  if (journey.tracking !== 'tracked') return journey;
  const maskOf = (name: string): number => {
    const at = options.indexOf(name);
    return at < 0 ? 0xffff_ffff : Number(options[at + 1]) >>> 0;
  };
  const nfmask = options.includes('--mask') ? maskOf('--mask') : maskOf('--nfmask');
  const ctmask = options.includes('--mask') ? maskOf('--mask') : maskOf('--ctmask');
  const isPlain = options.every((one) => !/shift/.test(one));
  const mixed = (to: number | undefined, toMask: number, from: number | undefined, fromMask: number) =>
    to === undefined || from === undefined || !isPlain
      ? undefined
      : ((to & ~toMask) ^ (from & fromMask)) >>> 0;
  if (option === '--restore-mark') return { ...journey, mark: mixed(mark, nfmask, connectionMark, ctmask) };
  if (option === '--save-mark')
    return { ...journey, connectionMark: mixed(connectionMark, ctmask, mark, nfmask) };
  return { ...journey, connectionMark: newMark(options, connectionMark) };
}

function translate(name: string, options: readonly string[], packet: Stranger, journey: Journey): Journey {
  const at = options.findIndex((one) => /^--to(?:-destination|-ports?)?$/.test(one));
  const to = at < 0 ? '' : (options[at + 1] ?? '');
  if (name === 'NETMAP') return { ...journey, address: undefined };
  if (name === 'REDIRECT') {
    const port = to === '' ? journey.port : plainPort(to);
    return { ...journey, address: packet.address, port };
  }
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(.+))?$/.exec(to) ?? [];
  const text = six ?? four ?? (to.includes(':') ? to : '');
  const address = parseAddress(text === '' && to.includes('::') ? to : text);
  return {
    ...journey,
    address:
      address === undefined
        ? text === '' && to !== ''
          ? journey.address
          : undefined
        : addressNumber(address),
    port: port === undefined ? journey.port : plainPort(port),
  };
}

const plainPort = (text: string): number | undefined =>
  /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
