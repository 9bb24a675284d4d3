import { randomBytes } from 'node:crypto';
import { mayBeTranslated } from '../../core/client/bound-source.ts';
import type { Profile } from '../../core/client/profile.ts';
import type { Address } from '../../core/net/address.ts';
import { instant, type Millis, millis, since } from '../../core/net/time.ts';
import { type KnockRequest, renderHead } from '../../core/signed/knock-body.ts';
import { type KnockReply, openReply } from '../../core/signed/knock-reply.ts';
import { ephemeralOf, keyIdOf, knockMessage, sealKnock } from '../../core/signed/seal-knock.ts';
import type { ServerCard } from '../../core/signed/server-card.ts';
import { monotonicMs } from '../../host/clock/monotonic.ts';
import { nodeCiphers } from '../../host/crypto/node-ciphers.ts';
import { DatagramExchange } from '../../host/network/datagram-exchange.ts';
import { type Destination, renderDestination } from '../../host/network/destination.ts';
import { explainErrno } from './explain-errno.ts';
import type { Identity } from './identity.ts';
import { signKnock } from './sign-knock.ts';

export type SignedExchange = {
  readonly profile: Profile;
  readonly card: ServerCard;
  readonly to: Destination;
  readonly identity: Identity;
  /** How long to wait for a reply. */
  readonly patience: Millis;
  readonly stop: AbortSignal;
  /** Called when a packet has been sent. */
  readonly left: () => void;
};

export type SignedOutcome =
  /** `behind`: by how much this clock is behind the server's, if that was too much. `wanted`: `For` of the profile. */
  | { readonly kind: 'reply'; readonly reply: KnockReply; readonly behind?: Millis; readonly wanted?: Millis }
  | { readonly kind: 'no-reply' }
  /** The port was open before a reply came. */
  | { readonly kind: 'not-awaited' }
  /** One sentence, with the remedy. */
  | { readonly kind: 'not-sent'; readonly reason: string };

/**
 * The first packet, one with the server's challenge, one bound to the source address that the server sees, and one
 * retry.
 */
const MAX_PACKETS = 4;

const NONCE_BYTES = 16;
const SECRET_BYTES = 32;

/** What the server's replies have told so far. */
type ServerFacts = { readonly challenge?: Uint8Array; readonly source?: Address; readonly behind?: Millis };

/** Sends a signed knock and follows the server's replies. No packet is sent twice. */
export async function exchangeSigned(request: SignedExchange): Promise<SignedOutcome> {
  const exchange = await DatagramExchange.open(request.to, request.card.port);
  if (exchange instanceof Error) return { kind: 'not-sent', reason: explainSending(request, exchange) };
  try {
    return await converse(request, exchange);
  } finally {
    exchange.close();
  }
}

async function converse(request: SignedExchange, exchange: DatagramExchange): Promise<SignedOutcome> {
  const own = exchange.source;
  let facts: ServerFacts = own === undefined || mayBeTranslated(own) ? {} : { source: own };
  const replyKeys: Uint8Array[] = [];
  for (let packets = 1; ; packets++) {
    const sealed = await seal(request, facts);
    if (sealed.kind === 'not-sent') return sealed;
    // Somebody else was faster: there is nothing left to knock for.
    if (request.stop.aborted) return { kind: 'not-awaited' };
    replyKeys.push(sealed.replyKey);
    const error = await exchange.send(sealed.packet);
    if (error !== undefined) return { kind: 'not-sent', reason: explainSending(request, error) };
    request.left();
    const reply = await nextReply(request, exchange, replyKeys);
    if (reply === undefined) return { kind: request.stop.aborted ? 'not-awaited' : 'no-reply' };
    const next = packets < MAX_PACKETS ? learn(facts, reply) : undefined;
    const { behind } = next ?? facts;
    if (next === undefined) {
      const { openFor: wanted } = request.profile;
      const facts = {
        ...(behind === undefined ? {} : { behind }),
        ...(wanted === undefined ? {} : { wanted }),
      };
      return { kind: 'reply', reply, ...facts };
    }
    facts = next;
  }
}

/** `undefined`: another packet would not change anything. */
function learn(facts: ServerFacts, { status, time, seen, challenge }: KnockReply): ServerFacts | undefined {
  switch (status) {
    case 'clock':
      return facts.challenge === undefined
        ? { ...facts, challenge, behind: since(instant(Date.now()), time) }
        : undefined;
    case 'source':
      return facts.source === seen ? undefined : { ...facts, source: seen };
    default:
      return undefined;
  }
}

type Sealed =
  | { readonly kind: 'sealed'; readonly packet: Uint8Array; readonly replyKey: Uint8Array }
  | { readonly kind: 'not-sent'; readonly reason: string };

async function seal(
  { profile, card, identity }: SignedExchange,
  { challenge, source }: ServerFacts,
): Promise<Sealed> {
  const ephemeral = ephemeralOf(nodeCiphers, randomBytes(SECRET_BYTES), (randomBytes(1)[0] ?? 0) > 0x7f);
  const request: KnockRequest = {
    kind: 'open',
    wantsReply: true,
    time: instant(challenge === undefined ? Date.now() : 0),
    nonce: randomBytes(NONCE_BYTES),
    keyId: keyIdOf(nodeCiphers, identity.key.blob),
    length: profile.openFor ?? millis(0),
    door: profile.door ?? '',
    ...(source === undefined ? {} : { source }),
    ...(challenge === undefined ? {} : { challenge }),
  };
  const head = renderHead(request);
  const signing = await signKnock(identity, knockMessage(card.key, ephemeral.point, head));
  if (signing.kind === 'refused') return { kind: 'not-sent', reason: signing.reason };
  const sealed = sealKnock(nodeCiphers, card.key, ephemeral, head, signing.signature);
  if (sealed !== undefined) return { kind: 'sealed', ...sealed };
  const why = `the signature of ${identity.name} does not fit into one packet, or the card is invalid`;
  return { kind: 'not-sent', reason: `${why}: use an Ed25519 key, and copy the card again` };
}

/** A packet that none of the reply keys opens is not from the server, or is noise. */
async function nextReply(
  { patience, stop }: SignedExchange,
  exchange: DatagramExchange,
  replyKeys: readonly Uint8Array[],
): Promise<KnockReply | undefined> {
  const deadline = monotonicMs() + patience;
  for (;;) {
    const payload = await exchange.receive(millis(deadline - monotonicMs()), stop);
    if (payload === undefined) return undefined;
    for (const key of replyKeys) {
      const reply = openReply(nodeCiphers, key, payload);
      // The refusal of an earlier packet has already been acted on. Only a success still counts.
      if (reply !== undefined && (key === replyKeys.at(-1) || reply.status === 'open')) return reply;
    }
  }
}

function explainSending({ to, card }: SignedExchange, error: NodeJS.ErrnoException): string {
  const { syscall = 'send', code = error.message, errno = 0 } = error;
  return explainErrno(`${syscall} on udp ${renderDestination(to)}:${card.port}: ${code}`, code, errno);
}
