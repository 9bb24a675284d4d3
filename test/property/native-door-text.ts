import fc from 'fast-check';
import type { Settings } from '../../src/core/config/file/config.ts';
import type { DoorSpec } from '../../src/core/door/door.ts';
import type { DoorHooks, Hook } from '../../src/core/door/hook.ts';
import type { Opening } from '../../src/core/door/opening.ts';
import type { PortOpening } from '../../src/core/door/port-opening.ts';
import type { Address } from '../../src/core/net/address.ts';
import type { Port } from '../../src/core/net/port.ts';
import { type Prefix, prefixAround } from '../../src/core/net/prefix.ts';
import { seconds } from '../../src/core/net/time.ts';

type Lines = readonly (readonly [directive: string, value: string])[];

/** What a door may have beside what knockd knows, and its directives. */
export type NativePart = {
  readonly opening: Pick<Opening, 'ports' | 'singleUse' | 'hold' | 'closeKills'>;
  readonly door: Pick<DoorSpec, 'allow' | 'deny' | 'maxLeases' | 'cooldown' | 'hooks'>;
  readonly lines: Lines;
};

const NO_PART: NativePart = { opening: {}, door: {}, lines: [] };

/** Of ports in ascending order every two are a range, so that none overlap. */
const ports: fc.Arbitrary<readonly [PortOpening, ...PortOpening[]]> = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 12 }),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    path: fc.constantFrom('input' as const, 'forward' as const),
  })
  .map(({ bounds, protocol, path }) => {
    const sorted = bounds.toSorted((a, b) => a - b).map((bound) => bound as Port);
    const range = (i: number): PortOpening => ({ protocol, first: sorted[i]!, last: sorted[i + 1]!, path });
    const rest = sorted.flatMap((_, i) => (i > 0 && i % 2 === 0 && i + 1 < sorted.length ? [range(i)] : []));
    return [range(0), ...rest];
  });

const argument = fc.stringMatching(/^[a-zA-Z0-9 '"\\ü😀#=-]{0,10}$/u);
const hook: fc.Arbitrary<Hook> = fc.oneof(
  fc
    .tuple(fc.stringMatching(/^[a-z/]{1,10}$/), fc.array(argument, { maxLength: 4 }))
    .map(([program, args]) => ({ kind: 'argv' as const, argv: [program, ...args] as const })),
  fc
    .stringMatching(/^[a-z$|;&"' \\]{0,20}[a-z]$/)
    .map((text) => ({ kind: 'shell' as const, text: text.trim() })),
);

const doorHooks = fc
  .record({ open: hook, close: hook, refused: hook }, { requiredKeys: [] })
  .map((hooks): DoorHooks => ({ ...hooks }));

/** In hundreds, so that it is often a whole number of minutes. */
const time = fc.integer({ min: 1, max: 20_000 }).map((hundreds) => hundreds * 100);
const yes = fc.boolean();

export function nativePart(address: fc.Arbitrary<Address>): fc.Arbitrary<NativePart> {
  const prefix = fc.tuple(address, fc.nat({ max: 128 })).map(([base, length]): Prefix => {
    return prefixAround(base, base.includes(':') ? length : length % 33);
  });
  const prefixes = fc.array(prefix, { maxLength: 4 });
  const open = fc
    .record({
      ports,
      singleUse: yes,
      hold: yes,
      closeKills: yes,
      maxLeases: fc.integer({ min: 1, max: 1_048_576 }),
    })
    .map(openPart);
  const who = fc.record({ allow: prefixes, deny: prefixes, hooks: doorHooks }).map(whoPart);
  const plain = fc.option(time, { nil: undefined }).map(cooldownPart);
  return fc.tuple(fc.oneof(open, fc.constant(NO_PART)), who, plain).map(([a, b, c]) =>
    // A door that opens ports has no cooldown.
    a === NO_PART ? joined(b, c) : joined(a, b),
  );
}

/** A cooldown is a mistake beside a stop command, too. */
export function withoutCooldown({ opening, door, lines }: NativePart): NativePart {
  const { cooldown: _, ...rest } = door;
  return { opening, door: rest, lines: lines.filter(([name]) => name !== 'cooldown') };
}

export const nativeSettings: fc.Arbitrary<
  Pick<Settings, 'firewall' | 'attach' | 'onExit' | 'controlGroup' | 'hooks'>
> = fc
  .record(
    {
      firewall: fc.constantFrom('nftables' as const, 'auto' as const),
      chain: fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/),
      onExit: fc.constantFrom('open' as const, 'keep' as const),
      controlGroup: fc.stringMatching(/^(?:[A-Za-z_][A-Za-z0-9_.-]{0,8}|[1-9][0-9]{0,8})$/),
      start: hook,
    },
    { requiredKeys: [] },
  )
  .map(({ chain, start, ...rest }) => ({
    ...rest,
    ...(chain === undefined ? {} : { attach: [{ family: 'inet' as const, table: chain, chain }] as const }),
    ...(start === undefined ? {} : { hooks: { start } }),
  }));

export function nativeSettingLines({
  firewall,
  attach,
  onExit,
  controlGroup,
  hooks,
}: Partial<Settings>): Lines {
  const chains = attach?.map(({ family, table, chain }) => `${family} ${table} ${chain}`).join(' ,');
  const lines = [
    ['firewall', firewall],
    ['attach', chains],
    ['on_exit', onExit],
    ['control_group', controlGroup],
    ['on_start', hooks?.start === undefined ? undefined : hookText(hooks.start)],
  ] as const;
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function openPart(parts: {
  ports: readonly [PortOpening, ...PortOpening[]];
  singleUse: boolean;
  hold: boolean;
  closeKills: boolean;
  maxLeases: number;
}): NativePart {
  const { ports: list, singleUse, hold, closeKills, maxLeases } = parts;
  const flags = { ...(singleUse && { singleUse }), ...(hold && { hold }), ...(closeKills && { closeKills }) };
  const text = list.map(({ protocol, first, last, path }) => {
    return `${protocol}/${first} - ${last}${path === 'forward' ? ' forward' : ''}`;
  });
  return {
    opening: { ports: list, ...flags },
    door: { maxLeases },
    lines: [
      ['open', text.join(', ')],
      ['single_use', singleUse ? 'yes' : 'no'],
      ['hold', hold ? 'Yes' : 'no'],
      ['close_kills', closeKills ? 'YES' : 'No'],
      ['max_leases', String(maxLeases)],
    ],
  };
}

function whoPart(parts: { allow: readonly Prefix[]; deny: readonly Prefix[]; hooks: DoorHooks }): NativePart {
  const { allow, hooks } = parts;
  // A network on both lists would have a warning.
  const deny = parts.deny.filter((each) => !allow.some((other) => prefixText(other) === prefixText(each)));
  const named = Object.entries(hooks);
  return {
    opening: {},
    door: {
      ...(allow.length > 0 && { allow }),
      ...(deny.length > 0 && { deny }),
      ...(named.length > 0 && { hooks }),
    },
    lines: [
      ...(allow.length > 0 ? [['allow', allow.map(prefixText).join(' , ')] as const] : []),
      ...(deny.length > 0 ? [['deny', deny.map(prefixText).join(',')] as const] : []),
      ...named.map(([name, each]) => [`on_${name}`, hookText(each)] as const),
    ],
  };
}

function cooldownPart(length: number | undefined): NativePart {
  if (length === undefined) return NO_PART;
  const text = length % 60 === 0 ? `${length / 60}m` : `${length}`;
  return { opening: {}, door: { cooldown: seconds(length) }, lines: [['cooldown', text]] };
}

function joined(a: NativePart, b: NativePart): NativePart {
  return {
    opening: { ...a.opening, ...b.opening },
    door: { ...a.door, ...b.door },
    lines: [...a.lines, ...b.lines],
  };
}

function prefixText({ base, length }: Prefix): string {
  return `${base}/${length}`;
}

function hookText(each: Hook): string {
  if (each.kind === 'shell') return `sh:${each.text}`;
  return each.argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join('  ');
}
