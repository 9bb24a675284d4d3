import { parseConfig } from '../../src/core/config/file/parse-config.ts';
import type { DoorSpec } from '../../src/core/door/door.ts';
import { type Address, parseAddress } from '../../src/core/net/address.ts';

/** Of the last ones two are in one network of 64 bits, and all three in one of 56. */
export const SOURCES = [
  ...['192.0.2.1', '192.0.2.2'],
  ...['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1'],
].map((text) => parseAddress(text) as Address);

/** A door of each kind that leases differ by. */
export const CONFIG = `
[ports]
sequence = 7000
open = tcp/22
open_for = 10
[held]
sequence = 7001
open = tcp/23
open_for = 10
hold = yes
[once]
sequence = 7002
open = tcp/24
open_for = 10
single_use = yes
[command]
sequence = 7003
start_command = open %IP%
stop_command = close %IP%
cmd_timeout = 10
[both]
sequence = 7004
open = tcp/25
open_for = 10
start_command = open %IP%
stop_command = close %IP%
max_leases = 2
[prefix]
sequence = 7005
open = tcp/26
open_for = 10
lease_prefix6 = 64
[prefix-held]
sequence = 7006
open = tcp/27
open_for = 10
hold = yes
lease_prefix6 = 64
[prefix-commands]
sequence = 7007
open = tcp/28
open_for = 10
lease_prefix6 = 64
start_command = open %IP%
stop_command = close %IP%
`;

export const DOORS: readonly DoorSpec[] = readDoors(CONFIG);

/** The doors of a configuration. */
export function readDoors(text: string): readonly DoorSpec[] {
  const result = parseConfig('test', new TextEncoder().encode(text));
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.diagnostics));
  return result.config.doors;
}
