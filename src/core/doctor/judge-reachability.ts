import type { Finding, Hint } from './finding.ts';
import { look, ok, problem, unknown, warning } from './finding.ts';

/** A port's answer to a connection attempt. */
export type PortReply =
  | { readonly kind: 'open' | 'refused' | 'silent' }
  | { readonly kind: 'unreachable' | 'not-sent'; readonly code: string };

/** What can be observed about a knock from outside. */
export type OutsideEvidence = {
  readonly profile: string;
  readonly address: string;
  readonly port: number;
  /** This host's source address on the route there, if known. */
  readonly source?: string;
  /** Sequences sent completely. */
  readonly knocked: number;
  readonly notSent: readonly string[];
  readonly before?: PortReply;
  readonly after?: PortReply;
  /** The answer of the sequence's first TCP port to one more packet. */
  readonly knockPort?: PortReply;
  readonly answersPing?: boolean;
};

/** RFC 1918, RFC 6598, RFC 4193. */
const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd])/;

/**
 * Decides between *not sent*, *not seen*, *seen but wrong*, *opened but unreachable* and opened, and gives the
 * evidence.
 */
export function judgeReachability(evidence: OutsideEvidence): Finding {
  const { address, port, knocked, notSent, before, after } = evidence;
  const [reason] = notSent;
  if (reason !== undefined)
    return problem('not-sent', `not sent to ${address}: ${reason}`, look(`ip route get ${address}`));
  if (knocked === 0 && before?.kind === 'open') {
    const message = `port ${port} of ${address} was open before any knock: it is not hidden, or was opened a moment ago`;
    return warning('not-hidden', message, {
      hint: `wait until the door has closed, then: bussa doctor --from-client ${evidence.profile}`,
    });
  }
  if (knocked === 0)
    return problem('not-sent', `no knock was sent to ${address}`, look(`ip route get ${address}`));
  if (after?.kind === 'open') {
    return ok('opened', `port ${port} of ${address} ${said(before)} before the knock, and is open after it`);
  }
  return judgeClosed(evidence);
}

function judgeClosed(evidence: OutsideEvidence): Finding {
  const { address, port, before, after } = evidence;
  const there = 'look on that host with: ';
  const change = `port ${port} of ${address} ${said(before)} before the knock, and ${said(after)} after it`;
  if (after?.kind === 'refused' && before?.kind !== 'refused') {
    return problem(
      'opened-but-unreachable',
      `${change}: the door has opened, but nothing listens on the port`,
      { hint: `${there}ss -ltnp` },
    );
  }
  if (after?.kind === 'unreachable' && before?.kind === 'silent') {
    return problem('opened-but-unreachable', `${change}: the door has opened, but leads nowhere`, {
      hint: `${there}bussa doctor`,
    });
  }
  if (after?.kind === 'refused') {
    return problem(
      'seen-but-wrong',
      `${change}: the host is reachable, but the knock has changed nothing`,
      explainThere(evidence),
    );
  }
  if (after?.kind === 'unreachable') {
    return problem('not-seen', `${change}: the host is not reachable`, look(`traceroute ${address}`));
  }
  return judgeSilence(evidence, change);
}

function judgeSilence(evidence: OutsideEvidence, change: string): Finding {
  const { address, knockPort, answersPing } = evidence;
  if (knockPort?.kind === 'refused' || knockPort?.kind === 'open') {
    const message = `${change}; its knock port answers, so knocks arrive: they are wrong, too slow or in another order, or no daemon receives them${natHint(evidence)}`;
    return problem('seen-but-wrong', message, explainThere(evidence));
  }
  if (knockPort?.kind === 'unreachable') {
    const message = `${change}; a packet to its knock port came back (${knockPort.code}): a router or firewall on the way refuses it`;
    return problem('not-seen', message, look(`traceroute ${address}`));
  }
  const message = `${change}; the host answers ping, so it is up, and drops knocks in silence, as it should: whether they were not seen, or seen but wrong, cannot be told from here${natHint(evidence)}`;
  if (answersPing === true) return unknown('not-seen-or-wrong', message, cloudFirst(explainThere(evidence)));
  return unknown(
    'not-seen',
    `${change}; nothing has come back from that address at all${answersPing === false ? ', not even to ping' : ''}${natHint(evidence)}`,
    cloudFirst(look(`ping ${address}`)),
  );
}

/** The most frequent reason on a rented machine: its owner has opened the hidden port there, and not those of the knock. */
const cloudFirst = ({ hint }: Hint): Hint => ({
  hint: `first, if that host has a cloud security group or a firewall of its provider, open the knock ports there too; then ${hint}`,
});

function explainThere({ source = 'YOUR-ADDRESS' }: OutsideEvidence): Hint {
  return { hint: `look on that host with: bussa explain ${source}` };
}

/** Behind a router the server sees another source address. */
function natHint({ source, address }: OutsideEvidence): string {
  if (source === undefined || !PRIVATE.test(source) || PRIVATE.test(address)) return '';
  return `; ${source} is private, so that host sees another address`;
}

function said(says: PortReply | undefined): string {
  if (says === undefined) return 'was not tried';
  switch (says.kind) {
    case 'open':
      return 'was open';
    case 'refused':
      return 'refused with a TCP reset';
    case 'silent':
      return 'did not answer';
    default:
      return `was out of reach (${says.code})`;
  }
}
