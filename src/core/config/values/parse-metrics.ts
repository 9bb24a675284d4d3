import { parseAddress } from '../../net/address.ts';
import { type Port, parsePort } from '../../net/port.ts';
import type { Findings } from '../../text/findings.ts';
import { quoteText } from '../../text/quote-text.ts';
import type { Word } from '../../text/word.ts';

/** Where metrics are served: a Unix socket, or a loopback port. */
export type MetricsPlace =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'port'; readonly host: string; readonly port: Port };

const REMEDY = 'give a loopback port such as 127.0.0.1:9617 or [::1]:9617, or the path of a socket';

/** `/path`, `127.0.0.1:PORT` or `[::1]:PORT`; `off` means none. */
export function parseMetrics(word: Word, findings: Findings): MetricsPlace | undefined {
  const { text } = word;
  if (text.toLowerCase() === 'off') return undefined;
  if (text.startsWith('/')) return { kind: 'socket', path: text };
  const [, v6, v4, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(text) ?? [];
  const host = parseAddress(v6 ?? v4 ?? '');
  const port = parsePort(digits);
  if (host === undefined || port === undefined) {
    findings.error(word, `${quoteText(text)} is not a place for metrics: ${REMEDY}`);
    return undefined;
  }
  if (!/^127\.|^::1$/.test(host)) {
    findings.error(word, `metrics show who knocks, and other machines can reach ${host}: ${REMEDY}`);
    return undefined;
  }
  return { kind: 'port', host, port };
}
