import type { Requests } from '../../core/control/contract.ts';
import type { Operand, OptionTable } from '../arguments/option.ts';
import { parseLength } from '../arguments/parse-length.ts';
import { parseSource } from '../arguments/parse-source.ts';
import type { ParsedArguments } from '../arguments/verb.ts';
import { SELECTOR_OPTIONS } from './daemon-selector.ts';

/** Arguments of `open` and `extend`. */
export const ORDER_OPERANDS = [
  { name: 'DOOR', summary: 'a door of the configuration', completes: 'door' },
  { name: 'ADDRESS', summary: 'the IPv4 or IPv6 address to open it for' },
] as const satisfies readonly Operand[];

export const ORDER_OPTIONS = {
  for: {
    type: 'string',
    value: 'TIME',
    summary: "how long: `90s`, `10m`, `2h` (default: the door's own time)",
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

/** In the form of the daemon's request. Throws a `UsageError`. */
export function readOrder({ values, operands }: ParsedArguments): Requests['open'] {
  const [door = '', ip = ''] = operands;
  const length = values.get('for');
  return { door, ip: parseSource(ip), ...(length === undefined ? {} : { for: parseLength(length, 'for') }) };
}
