import type { Completion } from '../attempt/completion.ts';
import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Millis } from '../net/time.ts';

declare const ordered: unique symbol;

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

/** What opens a door: a completed sequence or proof, which only the engine creates, or the operator's command. */
export type Demand = Completion | OperatorOrder;

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

export const isByOperator = (demand: Demand): demand is OperatorOrder => 'byOperator' in demand;
