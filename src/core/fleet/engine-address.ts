import { MAX_PORT, type Port, parsePort } from '../net/port.ts';
import { quoteText } from '../text/quote-text.ts';

export type EnginePlace = { readonly host: string; readonly port: Port };

/** The address of a fleet's engine, Valkey or Redis, and the user to log in as. */
export type EngineAddress = {
  /** Absent: the engine's user `default`. */
  readonly user?: string;
} & (
  | { readonly kind: 'server'; readonly tls: boolean; readonly place: EnginePlace }
  | { readonly kind: 'socket'; readonly path: string }
  /** The sentinels know which server is the primary of `name`. */
  | {
      readonly kind: 'sentinels';
      readonly tls: boolean;
      readonly places: readonly EnginePlace[];
      readonly name: string;
    }
);

export type EngineReading =
  | { readonly kind: 'engine'; readonly engine: EngineAddress }
  | { readonly kind: 'bad'; readonly reason: string };

/** The ports of Valkey and Redis, with TLS or without, and of their sentinels. */
const SERVER_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** BOUNDED: sentinels tried. */
const MAX_SENTINELS = 16;

/** sockaddr_un(7): including its terminating zero byte. */
const MAX_SOCKET_PATH = 107;

const FORM =
  'write valkeys://USER@HOST:6379, valkeys+sentinel://USER@HOST1,HOST2,HOST3/PRIMARY or unix:///run/valkey/valkey.sock';

const bad = (reason: string): EngineReading => ({ kind: 'bad', reason });

/** `valkeys://gw1@valkey.example.org:6380`: a URL without further parts. */
export function parseEngine(text: string): EngineReading {
  if (/\s/.test(text) || text === '') return bad(FORM);
  const [, scheme = '', rest = ''] = /^([A-Za-z+]+):(.*)$/.exec(text) ?? [];
  if (scheme.toLowerCase() === 'unix') return parseSocket(rest);
  const [, program, suffix] = /^(valkeys?|rediss?)(\+sentinel)?$/i.exec(scheme) ?? [];
  if (program === undefined || !rest.startsWith('//')) return bad(`${quoteText(text)} is no engine: ${FORM}`);
  const [, who, hosts = '', path = ''] = /^\/\/(?:([^/]*)@)?([^/@]*)(\/.*)?$/.exec(rest) ?? [];
  const user = parseUser(who);
  if (user.kind === 'bad') return user;
  const tls = ['valkeys', 'rediss'].includes(program.toLowerCase());
  const reading =
    suffix === undefined ? parseServer(tls, hosts, path) : parseSentinels(tls, hosts, path.slice(1));
  if (reading.kind === 'bad') return reading;
  return { kind: 'engine', engine: { ...reading.engine, ...user.user } };
}

type UserReading =
  | { readonly kind: 'user'; readonly user: { readonly user?: string } }
  | { readonly kind: 'bad'; readonly reason: string };

function parseUser(text: string | undefined): UserReading {
  if (text === undefined || text === '') return { kind: 'user', user: {} };
  if (text.includes(':')) {
    return {
      kind: 'bad',
      reason:
        'a password does not belong here, where `status` shows it: write it into the file `password` in the directory of the engine (/etc/bussa/fleet-engine)',
    };
  }
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(text)) {
    return {
      kind: 'bad',
      reason: `${quoteText(text)} is no user of the engine: letters, digits, and _ . - are possible`,
    };
  }
  return { kind: 'user', user: { user: text } };
}

function parseServer(tls: boolean, hosts: string, path: string): EngineReading {
  if (path !== '' && path !== '/')
    return bad(
      `${quoteText(path)} behind the host means nothing here: only database 0 is used; leave it out`,
    );
  const place = parsePlace(hosts, SERVER_PORT);
  if (typeof place === 'string') return bad(place);
  return (
    whyNotPlain(tls, [place]) ?? {
      kind: 'engine',
      engine: { kind: 'server', tls, place },
    }
  );
}

function parseSentinels(tls: boolean, hosts: string, name: string): EngineReading {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    return bad(
      'the name of the primary is missing, as `sentinel monitor NAME` has it: valkeys+sentinel://HOST1,HOST2,HOST3/NAME',
    );
  }
  const places: EnginePlace[] = [];
  for (const one of hosts.split(',', MAX_SENTINELS + 1)) {
    const place = parsePlace(one, SENTINEL_PORT);
    if (typeof place === 'string') return bad(place);
    places.push(place);
  }
  if (places.length > MAX_SENTINELS) return bad(`there are more than ${MAX_SENTINELS} sentinels`);
  return whyNotPlain(tls, places) ?? { kind: 'engine', engine: { kind: 'sentinels', tls, places, name } };
}

/** `unix:///run/valkey/valkey.sock`, `unix://gw1@/run/valkey/valkey.sock`, `unix:/run/valkey/valkey.sock` */
function parseSocket(rest: string): EngineReading {
  const [, who, path = ''] = /^(?:\/\/(?:([^/]*)@)?)?(\/[^/].*)$/.exec(rest) ?? [];
  if (path === '') return bad(`the path of the socket has to be absolute: ${FORM}`);
  if (path.length > MAX_SOCKET_PATH) return bad(`the path of a socket has at most ${MAX_SOCKET_PATH} bytes`);
  const user = parseUser(who);
  return user.kind === 'bad' ? user : { kind: 'engine', engine: { kind: 'socket', path, ...user.user } };
}

/** What is wrong with it, in words. */
function parsePlace(text: string, usual: number): EnginePlace | string {
  const [, inBrackets, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
  const host = inBrackets ?? plain;
  if (host === undefined)
    return `${quoteText(text)} is no host: write an IPv6 address in brackets, [2001:db8::1]:6379`;
  if (!/^[A-Za-z0-9_:]([A-Za-z0-9_.:-]{0,252})$/.test(host))
    return host === ''
      ? `the host of the engine is missing: ${FORM}`
      : `${quoteText(host)} is no host: write a name or an address, or several behind valkeys+sentinel://`;
  const port = parsePort(digits ?? `${usual}`);
  if (port === undefined) return `bad port ${quoteText(digits ?? '')}: give 1 to ${MAX_PORT}`;
  return { host, port };
}

/** Without TLS, an attacker on the network could read who is where, and withhold changes: only allowed on this host. */
function whyNotPlain(tls: boolean, places: readonly EnginePlace[]): EngineReading | undefined {
  const far = tls ? undefined : places.find(({ host }) => !isLoopback(host));
  return far === undefined
    ? undefined
    : bad(`without TLS only an engine on this host is possible: write valkeys:// for ${quoteText(far.host)}`);
}

export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.[0-9]{1,3}){3}|(?:0*:)+0*1)$/i.test(host);

/** In the form of the configuration. */
export function renderEngine(engine: EngineAddress): string {
  const user = engine.user === undefined ? '' : `${engine.user}@`;
  switch (engine.kind) {
    case 'socket':
      return `unix://${user}${engine.path}`;
    case 'server':
      return `valkey${engine.tls ? 's' : ''}://${user}${renderPlace(engine.place)}`;
    case 'sentinels': {
      const places = engine.places.map(renderPlace).join(',');
      return `valkey${engine.tls ? 's' : ''}+sentinel://${user}${places}/${engine.name}`;
    }
    default:
      return engine satisfies never;
  }
}

export const renderPlace = ({ host, port }: EnginePlace): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
