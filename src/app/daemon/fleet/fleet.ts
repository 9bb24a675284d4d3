import type { Proof } from '../../../core/attempt/completion.ts';
import type { CarrierState, FleetBegin, FleetPart } from '../../../core/control/fleet-link.ts';
import type { FleetStatus } from '../../../core/control/fleet-status.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import type { Lease } from '../../../core/lease/lease.ts';
import type { LeaseEffect } from '../../../core/lease/lease-effect.ts';
import { after, millis } from '../../../core/net/time.ts';
import type { FleetVerbs } from '../../../host/control/control-verbs.ts';
import { nodeCiphers } from '../../../host/crypto/node-ciphers.ts';
import { randomBytes } from '../../../host/self/random-bytes.ts';
import type { FleetIdentity } from '../../config/fleet-identity.ts';
import type { ProofUse } from '../leases/proof-use.ts';
import { BanSender } from './ban-sender.ts';
import { DoorsByName } from './doors-by-name.ts';
import { FleetBans } from './fleet-bans.ts';
import { FleetClaims } from './fleet-claims.ts';
import { FleetLink } from './fleet-link.ts';
import { FleetMemory } from './fleet-memory.ts';
import type { FleetParts, Membership } from './fleet-parts.ts';
import { FleetReceiver } from './fleet-receiver.ts';
import { FleetRefusals } from './fleet-refusals.ts';
import { FleetSender } from './fleet-sender.ts';
import { type CarrierView, fleetStatus, stateEvent } from './fleet-view.ts';
import { fleetWindow } from './fleet-window.ts';
import { HelloLimiter } from './hello-limiter.ts';
import { linkVerbs } from './link-verbs.ts';
import { MemberTimes } from './member-times.ts';

const EPOCH_BYTES = 8;

/** Interval of heartbeats and clean-up. */
const HEARTBEAT_MS = 60_000;

/** A change that the engine has not confirmed after this time is sent again. */
const CONFIRM_MS = 15_000;

/** This daemon as a member of a fleet, from the configuration to the carrier. */
export class Fleet {
  readonly #membership: Membership;
  readonly #link: FleetLink;
  readonly #sender: FleetSender;
  readonly #receiver: FleetReceiver;
  readonly #memory: FleetMemory;
  readonly #times = new MemberTimes();
  readonly #bans: FleetBans;
  readonly #banSender: BanSender;
  readonly #refusals: FleetRefusals;
  readonly #claims: FleetClaims;
  #identity: FleetIdentity;
  #carrier: CarrierView;
  #isClosed = false;
  readonly #hello: HelloLimiter;
  #beat: NodeJS.Timeout | undefined;
  #unconfirmed: NodeJS.Timeout | undefined;

  constructor(parts: FleetParts, identity: FleetIdentity) {
    this.#identity = identity;
    this.#carrier = { connected: false, since: parts.clock.wall() };
    const epoch = Buffer.from(randomBytes(EPOCH_BYTES)).toString('hex');
    const doors = new DoorsByName(() => parts.inForce.current.doors);
    const membership: Membership = { ...parts, identity: () => this.#identity, doors, epoch };
    this.#membership = membership;
    this.#link = new FleetLink({
      begin: () => this.#begin(),
      nextRecord: () => this.#nextRecord(),
      number: () => this.#sender.number(),
      onCarrier: (isThere) => this.#onCarrier(isThere),
    });
    this.#claims = new FleetClaims(membership, this.#link);
    this.#memory = new FleetMemory(membership);
    this.#refusals = new FleetRefusals(parts);
    const [memory, times, refusals] = [this.#memory, this.#times, this.#refusals];
    this.#bans = new FleetBans({ membership, memory, refusals });
    this.#sender = new FleetSender(membership, () => this.#link.wake());
    const [link, sender, bans] = [this.#link, this.#sender, this.#bans];
    this.#banSender = new BanSender({ membership, link, sender, bans });
    this.#receiver = new FleetReceiver({
      ...{ membership, memory, times, bans: this.#bans, refusals },
      onStart: () => this.#hello.soon(),
    });
    this.#hello = new HelloLimiter(parts.clock.sinceBoot, () => this.#repeat());
    parts.keeper.watch({
      requested: (openRequest, outcome) => this.#sender.requested(openRequest, outcome),
      extended: (lease) => this.#sender.extended(lease),
      effect: (effect) => this.#onEffect(effect),
    });
    parts.bans.onChange((change) => this.#banSender.send(change));
    this.#join();
  }

  /** The verbs of the link. */
  get verbs(): FleetVerbs {
    const { spread } = this.#membership;
    const [link, sender, receiver] = [this.#link, this.#sender, this.#receiver];
    return linkVerbs({ link, sender, receiver, spread, setState: (state) => this.#setState(state) });
  }

  /** Whether the configuration still means the same member of the same fleet. */
  isOf({ fleet, settings, key }: FleetIdentity): boolean {
    const { fleet: own, settings: ours, key: ourKey } = this.#identity;
    const isSameKey = Buffer.from(key.point).equals(Buffer.from(ourKey.point));
    return fleet === own && settings.name === ours.name && isSameKey;
  }

  /** The members, the doors' rights or the engine may have changed. */
  follow(identity: FleetIdentity): void {
    this.#identity = identity;
    this.#join();
    this.#link.beginAgain();
    // A door may be newly shared.
    if (this.#link.isConnected) this.#sender.hello();
  }

  get status(): FleetStatus {
    const { published, waiting } = this.#sender;
    const counts = {
      ...{ published, waiting, applied: this.#receiver.applied, refused: this.#refusals.count },
      ...this.#claims.counts,
    };
    const [times, refusals] = [this.#times, this.#refusals];
    const carrier = { ...this.#carrier, carrier: this.#link.hasCarrier };
    return fleetStatus({ membership: this.#membership, carrier, counts, times, refusals });
  }

  closeEverywhere(lease: Pick<Lease, 'door' | 'source'>): void {
    const { clock, inForce } = this.#membership;
    const due = after(clock.sinceBoot(), fleetWindow(inForce.current.doors));
    this.#sender.closeEverywhere({ ...lease, due });
  }

  /** Why the proof may not be used here. */
  whyNot(door: DoorSpec, proof: Proof, use: ProofUse): Promise<string | undefined> {
    return this.#claims.whyNot(door, proof, use);
  }

  close(): void {
    this.#isClosed = true;
    const { keeper, bans, spread } = this.#membership;
    keeper.watch(undefined);
    bans.onChange(undefined);
    spread.join(undefined);
    this.#link.close();
    this.#receiver.close();
    this.#memory.readAgain();
    this.#hello.close();
    clearInterval(this.#beat);
    clearTimeout(this.#unconfirmed);
  }

  #join(): void {
    const { fleet, self, secret, members, key } = this.#identity;
    this.#membership.spread.join({
      ...{ fleet, name: self.name, secret, members },
      sign: (message) => key.sign(message),
      verify: (memberKey, message, signature) => nodeCiphers.verify(memberKey, message, signature),
      send: (part) => this.#link.send(part),
    });
  }

  #begin(): FleetBegin {
    const { fleet, self, settings } = this.#identity;
    const after = this.#memory.after;
    return {
      ...{ kind: 'begin', fleet, member: self.name, engine: settings.engine },
      window: fleetWindow(this.#membership.inForce.current.doors),
      ...(after === undefined ? {} : { after }),
    };
  }

  #nextRecord(): FleetPart | undefined {
    const part = this.#sender.next();
    if (part !== undefined) this.#unconfirmed ??= setTimeout(() => this.#sendAgain(), CONFIRM_MS).unref();
    return part;
  }

  /** The carrier is connected, but parts that it got a while ago may be lost. A repeated part counts once. */
  #sendAgain(): void {
    this.#unconfirmed = undefined;
    if (!this.#sender.hasInFlight) return;
    this.#requeue();
    this.#link.wake();
  }

  #requeue(): void {
    this.#sender.requeue();
    this.#link.requeue();
  }

  #onCarrier(isThere: boolean): void {
    if (this.#isClosed) return;
    this.#requeue();
    if (!isThere && this.#carrier.connected) this.#setState({ connected: false });
  }

  #setState(state: CarrierState): void {
    const { clock, report } = this.#membership;
    const { connected, why } = state;
    const before = this.#carrier;
    const isNew = before.connected !== connected;
    this.#carrier = { ...state, since: isNew ? clock.wall() : before.since };
    if (!connected) this.#requeue();
    this.#link.setConnected(connected);
    if (isNew || before.why !== why) report(stateEvent(this.#carrier, this.#sender.waiting));
    if (connected && isNew) this.#hello.now();
    this.#setBeat(connected);
  }

  /** Sends again what other members may have missed. */
  #repeat(): void {
    if (!this.#link.isConnected) return;
    this.#sender.hello();
    this.#banSender.hello();
  }

  #setBeat(isOn: boolean): void {
    if (!isOn) {
      clearInterval(this.#beat);
      this.#beat = undefined;
      return;
    }
    if (this.#beat !== undefined) return;
    this.#beat = setInterval(() => this.#onBeat(), HEARTBEAT_MS).unref();
    this.#link.send(this.#sender.heartbeat());
  }

  #onBeat(): void {
    const { clock, inForce } = this.#membership;
    const now = clock.wall();
    this.#link.send(this.#sender.heartbeat());
    this.#times.prune(clock.sinceBoot());
    const { skew } = this.#identity.settings;
    this.#memory.forget(now, millis(fleetWindow(inForce.current.doors) + 2 * skew));
    this.#bans.forget(now);
    this.#memory.flush();
  }

  #onEffect(effect: LeaseEffect): void {
    this.#sender.effect(effect);
    if (effect.do === 'write-end') this.#receiver.ended(effect.lease, effect.how);
  }
}
