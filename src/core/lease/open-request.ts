import type { Completion, Proof } from '../attempt/completion.ts';
import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Millis } from '../net/time.ts';

declare const ordered: unique symbol;
declare const told: unique symbol;

/** The operator's command to open a door for an address without a knock. */
export type OperatorOrder = {
  readonly [ordered]: true;
  /** With the time that the operator requested. */
  readonly door: DoorSpec;
  readonly source: Address;
  readonly byOperator: true;
  /** The operator's name. */
  readonly orderedBy?: string;
};

/** What opens a door: a completed sequence or proof, which only the engine creates, an operator's or a member's order. */
export type OpenRequest = Completion | OperatorOrder | MemberOrder;

/** Only for requests of the operator: nothing from the network may lead here. */
export function orderOpen(
  door: DoorSpec,
  source: Address,
  length: Millis,
  orderedBy?: string,
): OperatorOrder {
  const lasting = { ...door, opening: { ...door.opening, cmdTimeout: length } };
  const by = orderedBy === undefined ? {} : { orderedBy };
  return { door: lasting, source, byOperator: true, ...by } as OperatorOrder;
}

/** Another member of the fleet has the door open for the source. */
export type MemberOrder = {
  readonly [told]: true;
  /** Its time is what is left at the other member, and no more than this door's own. */
  readonly door: DoorSpec;
  readonly source: Address;
  readonly proof: Proof;
  readonly byMember: true;
};

/** For records that were judged good, and whose member may open the door. */
export function memberOpens(door: DoorSpec, source: Address, rest: Millis, proof: Proof): MemberOrder {
  const lasting = { ...door, opening: { ...door.opening, cmdTimeout: rest } };
  return { door: lasting, source, proof, byMember: true } as MemberOrder;
}

export const isByMember = (openRequest: OpenRequest): openRequest is MemberOrder => 'byMember' in openRequest;

export const isByOperator = (openRequest: OpenRequest): openRequest is OperatorOrder =>
  'byOperator' in openRequest;
