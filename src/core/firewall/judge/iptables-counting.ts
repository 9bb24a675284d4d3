import { type MatchReader, options } from './match-reader.ts';
import { isListedByRules } from './packet-fields.ts';
import { is, negateIf } from './truth.ts';

/** Bussa's own lists of unused leases: a stranger is on none. */
const UNUSED_LEASES = /^bussa[46]-/;

/** `--set` adds the stranger to its list; before its first packet it is on none. */
export const RECENT: MatchReader = {
  options: {
    ...options('set rcheck update remove rttl rsource rdest reap', { arity: 0 }),
    ...options('name seconds hitcount mask', { arity: 1 }),
  },
  whole: ({ options: given }) => {
    const has = (option: string): boolean => given.some((one) => one.name === option);
    const name = given.find((one) => one.name === '--name')?.args[0] ?? 'DEFAULT';
    const list = `recent ${name}`;
    const hits = Number(given.find((one) => one.name === '--hitcount')?.args[0] ?? 1);
    const not = given.some((one) => one.not);
    if (UNUSED_LEASES.test(name)) return ({ hasLease }) => negateIf(not, is(hasLease === true));
    if (
      has('--rdest') ||
      given.some(
        (one) =>
          one.name === '--mask' && !/^(?:255\.255\.255\.255|(?:ffff:){7}ffff)$/i.test(one.args[0] ?? ''),
      )
    ) {
      return () => 'maybe';
    }
    if (has('--set')) return () => negateIf(not, 'yes');
    return (packet, { touched }) => {
      const isOnIt = isListedByRules(packet);
      return negateIf(not, touched.has(list) && hits <= 2 ? 'maybe' : isOnIt);
    };
  },
};

/** A separate bucket per source always has room for a stranger's first packet. */
export const HASHLIMIT: MatchReader = {
  options: options(
    'hashlimit-upto hashlimit-above hashlimit hashlimit-burst hashlimit-mode hashlimit-srcmask hashlimit-dstmask hashlimit-name hashlimit-htable-size hashlimit-htable-max hashlimit-htable-expire hashlimit-htable-gcinterval',
    { arity: 1 },
  ),
  whole: () => () => 'maybe',
};

/** net/netfilter/xt_connlimit.c counts the new connection itself. */
export const CONNLIMIT: MatchReader = {
  options: {
    ...options('connlimit-upto connlimit-above connlimit-mask', { arity: 1 }),
    ...options('connlimit-saddr connlimit-daddr', { arity: 0 }),
  },
  whole: ({ options: given, family }) => {
    const value = (name: string): string | undefined =>
      given.find((one) => one.name === `--connlimit-${name}`)?.args[0];
    const isOwn =
      (value('mask') ?? '') === (family === 4 ? '32' : '128') &&
      !given.some(({ name }) => name === '--connlimit-daddr');
    const above = value('above');
    const upTo = value('upto');
    return (packet) => {
      if (!isOwn || packet.state !== 'new') return 'maybe';
      if (above !== undefined) return is(1 > Number(above));
      return upTo === undefined ? 'maybe' : is(1 <= Number(upTo));
    };
  },
};

export const POLICY: MatchReader = {
  options: {
    ...options('dir pol reqid spi proto mode tunnel-src tunnel-dst', { arity: 1 }),
    ...options('strict next', { arity: 0 }),
  },
  // A stranger has no IPsec with this host.
  whole:
    ({ options: given }) =>
    () => {
      const policy = given.find(({ name }) => name === '--pol');
      return policy === undefined ? 'maybe' : negateIf(policy.not, is(policy.args[0] === 'none'));
    },
};
