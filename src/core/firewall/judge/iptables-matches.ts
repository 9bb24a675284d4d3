import { type IpRange, parseIpRange } from './ip-range.ts';
import { CONNTRACK, STATE } from './iptables-conntrack.ts';
import { CONNLIMIT, HASHLIMIT, POLICY, RECENT } from './iptables-counting.ts';
import { MULTIPORT, PORTS, tcpFlags } from './iptables-ports.ts';
import { matchSet } from './iptables-set.ts';
import { parseMark } from './iptables-target.ts';
import type { Journey } from './journey.ts';
import { type MatchAround, type MatchReader, type OptionReader, options } from './match-reader.ts';
import { addressIs, hasHeader, interfaceIs, protocolIs, routeTypeIs, sourceIs } from './packet-fields.ts';
import type { Test } from './ruleset.ts';
import { either, is, negateIf } from './truth.ts';

const always = (truth: 'yes' | 'no' | 'maybe') => (): Test => () => truth;
const said = (arity: number): OptionReader => ({ arity, read: always('yes') });
const never = (arity: number): OptionReader => ({ arity, read: always('no') });
/** Matches by something unknown about a stranger's packet. */
const open = (arity: number): OptionReader => ({ arity, read: always('maybe') });

/** A header that a plain packet does not have, whatever the details. */
function header(names: string, lone = ''): MatchReader {
  const own = { ...options(names, { arity: 1 }), ...(lone === '' ? {} : options(lone, { arity: 0 })) };
  return {
    options: own,
    whole:
      ({ options: given }) =>
      (packet) =>
        given.some(({ not }) => not) ? 'maybe' : hasHeader(packet),
  };
}

const ranges = (text: string): (IpRange | undefined)[] => text.split(',').map(parseIpRange);

const source: OptionReader = {
  arity: 1,
  read:
    ([text = '']) =>
    (packet) =>
      either(ranges(text).map((one) => sourceIs(packet, one))),
};
const destination: OptionReader = {
  arity: 1,
  read:
    ([text = '']) =>
    (packet, journey) =>
      either(ranges(text).map((one) => addressIs(packet, journey, one))),
};

/** The fields checked by ip_packet_match in the kernel's net/ipv4/netfilter/ip_tables.c. */
export const OWN_FIELDS: MatchReader = {
  options: {
    '-s': source,
    '-d': destination,
    '-p': {
      arity: 1,
      read:
        ([name = '']) =>
        (packet) =>
          protocolIs(packet, name),
    },
    '-i': {
      arity: 1,
      read:
        ([name = '']) =>
        (packet) =>
          is(interfaceIs(packet.interface, name, '+')),
    },
    '-o': {
      arity: 1,
      read:
        ([name = '']) =>
        (_, { output }) =>
          outputIs(output, name),
    },
    // A connection's first packet is not a later fragment.
    '-f': never(0),
  },
};

function outputIs(output: string | undefined, name: string): 'yes' | 'no' | 'maybe' {
  return output === undefined ? 'maybe' : is(interfaceIs(output, name, '+')) === 'yes' ? 'yes' : 'no';
}

const markOf = (read: (journey: Journey) => number | undefined, needsConnection: boolean): MatchReader => ({
  options: { '--mark': { arity: 1 } },
  whole: ({ options: given }) => {
    const { not = false, args = [] } = given[0] ?? {};
    const parsed = parseMark(args[0] ?? '');
    return (_, journey) => {
      if (needsConnection && journey.tracking !== 'tracked') return 'never';
      const value = read(journey);
      if (parsed === undefined || value === undefined) return 'maybe';
      return negateIf(not, is((value & parsed.mask) >>> 0 === parsed.value));
    };
  },
});

const routeType = (what: 'source' | 'address'): OptionReader => ({
  arity: 1,
  read: ([types = ''], { family }) => {
    const all = types.toLowerCase().split(',');
    const routed = all.filter((type) => type !== 'unicast');
    return (packet, journey) => {
      // net/netfilter/xt_addrtype.c: for IPv6, an address with any route is UNICAST, which is checked as well.
      const asked = family === 6 && routed.length < all.length ? routed : all;
      if (asked.length === 0) return 'yes';
      return either(asked.map((type) => routeTypeIs(packet, journey, what, type)));
    };
  },
});

const iprange = (read: (range: IpRange | undefined) => Test): OptionReader => ({
  arity: 1,
  read: ([text = '']) => read(parseIpRange(text)),
});

const SET: MatchReader = {
  options: { '--match-set': { arity: 2, read: (args, around: MatchAround) => matchSet(args, around) } },
};

/** All of iptables-extensions(8) whose options are known, with the number of words of each. */
export const MATCHES: Readonly<Record<string, MatchReader>> = {
  tcp: { options: { ...PORTS, '--tcp-flags': tcpFlags, '--tcp-option': open(1) } },
  udp: { options: PORTS },
  multiport: { options: MULTIPORT },
  conntrack: CONNTRACK,
  state: STATE,
  comment: { options: { '--comment': said(1) } },
  set: SET,
  mark: markOf(({ mark }) => mark, false),
  connmark: markOf(({ connectionMark }) => connectionMark, true),
  recent: RECENT,
  hashlimit: HASHLIMIT,
  connlimit: CONNLIMIT,
  policy: POLICY,
  addrtype: {
    options: {
      '--src-type': routeType('source'),
      '--dst-type': routeType('address'),
      ...options('limit-iface-in limit-iface-out', said(0)),
    },
  },
  iprange: {
    options: {
      '--src-range': iprange((range) => (packet) => sourceIs(packet, range)),
      '--dst-range': iprange((range) => (packet, journey) => addressIs(packet, journey, range)),
    },
  },
  pkttype: {
    options: {
      '--pkt-type': {
        arity: 1,
        read:
          ([type]) =>
          () =>
            is(type === 'unicast' || type === 'host'),
      },
    },
  },
  helper: { options: { '--helper': never(1) } },
  nfacct: { options: { '--nfacct-name': said(1) } },
  limit: { options: options('limit limit-burst', open(1)) },
  statistic: { options: options('mode probability every packet', open(1)) },
  time: {
    options: {
      ...options('timestart timestop monthdays weekdays datestart datestop', open(1)),
      ...options('kerneltz contiguous utc localtz', open(0)),
    },
  },
  length: { options: { '--length': open(1) } },
  ttl: { options: options('ttl-eq ttl-gt ttl-lt', open(1)) },
  hl: { options: options('hl-eq hl-gt hl-lt', open(1)) },
  mac: { options: { '--mac-source': open(1) } },
  quota: { options: { '--quota': open(1) } },
  dscp: { options: options('dscp dscp-class', open(1)) },
  tos: { options: { '--tos': open(1) } },
  cpu: { options: { '--cpu': open(1) } },
  devgroup: { options: options('src-group dst-group', open(1)) },
  realm: { options: { '--realm': open(1) } },
  connbytes: { options: options('connbytes connbytes-mode connbytes-dir', open(1)) },
  u32: { options: { '--u32': open(1) } },
  tcpmss: { options: { '--mss': open(1) } },
  socket: { options: options('transparent nowildcard restore-skmark', open(0)), whole: () => () => 'maybe' },
  rpfilter: {
    options: options('loose validmark accept-local invert', { arity: 0 }),
    whole:
      ({ options: given }) =>
      (packet, journey) => {
        const back = packet.routes.routeTo(packet.family, packet.source);
        if (back === undefined || (given.some(({ name }) => name === '--validmark') && journey.mark !== 0))
          return 'maybe';
        const isLoose = given.some(({ name }) => name === '--loose');
        const passes = isLoose ? back !== 'none' : back === packet.interface;
        return negateIf(
          given.some(({ name }) => name === '--invert'),
          is(passes && back !== 'local'),
        );
      },
  },
  rt: header('rt-type rt-segsleft rt-len rt-0-addrs', 'rt-0-res rt-0-not-strict'),
  frag: header('fragid fraglen', 'fragres fragfirst fragmore fraglast'),
  hbh: header('hbh-len hbh-opts'),
  dst: header('dst-len dst-opts'),
  ah: header('ahspi ahlen', 'ahres'),
  mh: header('mh-type'),
  srh: header(
    'srh-next-hdr srh-hdr-len-eq srh-hdr-len-gt srh-hdr-len-lt srh-segs-left-eq srh-segs-left-gt srh-segs-left-lt srh-last-entry-eq srh-last-entry-gt srh-last-entry-lt srh-tag srh-psid srh-nsid srh-lsid',
  ),
  eui64: { options: {}, whole: () => () => 'maybe' },
  ipv6header: {
    options: { ...options('header', { arity: 1 }), ...options('soft', { arity: 0 }) },
    whole: () => () => 'maybe',
  },
  // Matches of other protocols: the `-p` before them has already failed.
  icmp: { options: { '--icmp-type': open(1) } },
  icmp6: { options: { '--icmpv6-type': open(1) } },
  sctp: { options: { ...options('sport dport', open(1)), '--chunk-types': open(2) } },
  dccp: { options: options('sport dport dccp-types dccp-option', open(1)) },
  udplite: { options: options('sport dport', open(1)) },
};
