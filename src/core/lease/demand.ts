import type { Completion } from '../attempt/completion.ts';
import type { DoorSpec } from '../door/door.ts';
import type { Address } from '../net/address.ts';
import type { Millis } from '../net/time.ts';

declare const ordered: unique symbol;

/** The operator's word that a door is to be open for an address, knock or no knock. */
export type OperatorOrder = {
  readonly [ordered]: true;
  /** Its time is what the operator asks for. */
  readonly door: DoorSpec;
  readonly source: Address;
  readonly byOperator: true;
  /** The operator's name. */
  readonly orderedBy?: string;
};

/** What opens a door: a whole sequence, which only the engine can tell of, or the operator's order. */
export type Demand = Completion | OperatorOrder;

/** For whoever answers the operator: nothing that comes from the network may lead here. */
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
