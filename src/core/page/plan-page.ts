import type { Sequence } from '../door/sequence.ts';
import { familyOf, parseAddress } from '../net/address.ts';
import { isBrowserPort } from '../net/browser-ports.ts';
import type { Port } from '../net/port.ts';
import type { PageKnock, PagePlan } from './page-plan.ts';

export type PageRequest = {
  readonly host: string;
  readonly port?: Port;
  readonly sequence?: Sequence;
  readonly codePrefixes?: readonly [number, number];
  readonly secret?: string;
  readonly link?: string;
};

/** One sentence, with the remedy. */
export type PageRefusal = { readonly kind: 'refused'; readonly reason: string };

/** The part that a browser can do; a code takes precedence over a sequence. */
export function planPage(
  wish: PageRequest,
): { readonly kind: 'plan'; readonly plan: PagePlan } | PageRefusal {
  const { host, port, codePrefixes, secret } = wish;
  if (!isBrowserHost(host))
    return refused(
      `a browser cannot be sent to ${host}: give a host name, or an address without a zone (HostName)`,
    );
  const link = wish.link ?? defaultLink(host, port);
  if (link !== undefined && !isSafeLink(link))
    return refused(`${link} is no link to a service: write one such as https://${urlHost(host)}/`);
  const knock =
    codePrefixes === undefined
      ? planSequence(wish.sequence)
      : { kind: 'code' as const, prefixes: codePrefixes, ...(secret === undefined ? {} : { secret }) };
  if (knock.kind === 'refused') return knock;
  return {
    kind: 'plan',
    plan: { host, knock, ...(port === undefined ? {} : { port }), ...(link === undefined ? {} : { link }) },
  };
}

const refused = (reason: string): PageRefusal => ({ kind: 'refused', reason });

function planSequence(sequence: Sequence | undefined): PageKnock | PageRefusal {
  if (sequence === undefined)
    return refused(
      'a page can knock at ports by TCP, or with a code, and there is neither: a browser sends no signed knock and no SPA packet; give the profile a Knock or CodePorts, from a door with a sequence or with accept = code',
    );
  const udp = sequence.find(({ protocol }) => protocol === 'udp');
  if (udp !== undefined)
    return refused(
      `the sequence has udp/${udp.port}, and a browser cannot send UDP: give the door a sequence with TCP only, or accept = code`,
    );
  const bad = sequence.find(({ port }) => !isBrowserPort(port));
  if (bad !== undefined)
    return refused(
      `the sequence has port ${bad.port}, where no browser sends anything: give the door another port there (bussa check names such ports)`,
    );
  const [first, ...rest] = sequence.map(({ port }) => port) as [Port, ...Port[]];
  return { kind: 'sequence', ports: [first, ...rest] };
}

/** A URL has no zone, and none of the characters that end a host. */
export function isBrowserHost(host: string): boolean {
  const address = parseAddress(host);
  if (address !== undefined) return familyOf(address) === 4 || !host.includes('%');
  return /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/.test(host);
}

/** In the form of a URL. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The usual service on the port, unless a link is given. */
function defaultLink(host: string, port: Port | undefined): string | undefined {
  const name = urlHost(host);
  switch (port) {
    case 22:
      return `ssh://${name}`;
    case 80:
      return `http://${name}/`;
    case 443:
      return `https://${name}/`;
    case 8080:
      return `http://${name}:${port}/`;
    case 8443:
      return `https://${name}:${port}/`;
    default:
      return undefined;
  }
}

/**
 * Excludes links that a browser would run in the page itself, and schemes that it does not open. For the web, also a host
 * that would end the page's policy, and a password, with which a page may not ask whether the service answers.
 */
export function isSafeLink(link: string): boolean {
  const url = URL.parse(link);
  if (url === null || UNSAFE.test(url.protocol)) return false;
  if (!/^https?:$/.test(url.protocol)) return true;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isPlain = isBrowserHost(host) && url.username === '' && url.password === '';
  return isPlain && (url.port === '' || isBrowserPort(Number(url.port)));
}

const UNSAFE = /^(?:javascript|data|blob|vbscript|file|filesystem|view-source|about):$/i;
