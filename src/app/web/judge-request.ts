import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Who may send requests. `names`: of a proxy in front of it, as in a browser's address bar. */
export type WebAccess = {
  readonly token: string;
  readonly names: readonly string[];
  /** The port that it listens on; undefined if another program forwards to it, from any port. */
  readonly port: number | undefined;
};

export type WebRequest = {
  readonly method: string;
  /** As in the request line. */
  readonly target: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Number of Host headers: Node.js uses the first, and a proxy may use another. */
  readonly hosts: number;
};

/** An HTTP status and a sentence. */
export type Refusal = { readonly status: number; readonly why: string };

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Whether a request is allowed. `Host` is checked first: a foreign page whose name resolves to this host (DNS
 * rebinding) is of the same origin for the browser, but cannot change that header.
 */
export function judgeRequest(request: WebRequest, access: WebAccess): Refusal | undefined {
  const { method, target, path, headers, hosts } = request;
  if (hosts !== 1 || !isOwnHost(headers.host, access)) {
    return { status: 421, why: 'this page does not have that name: see bussa help web, --name' };
  }
  // RFC 9112, 3.2: a target with a host of its own is for proxies, and overrides Host.
  if (!target.startsWith('/')) return { status: 400, why: 'ask for a path' };
  const isApi = path.startsWith('/api/');
  if (!isOwnOrigin(headers) || !isFetchedHere(headers, isApi)) {
    return { status: 403, why: 'pages of elsewhere may not ask' };
  }
  if (!isApi) return method === 'GET' || method === 'HEAD' ? undefined : WRONG_METHOD;
  if (!hasToken(headers.authorization, access.token)) {
    return { status: 401, why: 'the token is missing or wrong: open the address that bussa web has printed' };
  }
  if (path !== '/api/order') return method === 'GET' ? undefined : WRONG_METHOD;
  if (method !== 'POST') return WRONG_METHOD;
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? undefined : { status: 415, why: 'a command must be application/json' };
}

const WRONG_METHOD: Refusal = { status: 405, why: 'there is no such method here' };

function isOwnHost(host: string | undefined, { names, port }: WebAccess): boolean {
  if (host === undefined) return false;
  const [, name = '', digits] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/i.exec(host) ?? [];
  const lower = name.toLowerCase();
  if (names.includes(lower) || names.includes(host.toLowerCase())) return true;
  return LOOPBACK.has(lower) && (port === undefined || Number(digits ?? 80) === port);
}

/** Browsers send it with every POST, and with every request of another origin. */
function isOwnOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

/** Fetch Metadata (W3C): another site may link to the page, but may not request anything else. */
function isFetchedHere(headers: IncomingHttpHeaders, isApi: boolean): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin') return true;
  if (isApi) return false;
  return (
    site === 'none' || (headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document')
  );
}

/** Compares digests, which takes the same time whatever was sent. */
function hasToken(authorization: string | undefined, token: string): boolean {
  const [, sent = ''] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token));
}
