import fc from 'fast-check';
import type { Config, Settings } from '../../src/core/config/file/config.ts';
import type { InterfaceSetting } from '../../src/core/config/values/parse-interfaces.ts';
import type { DoorSpec, SequenceSource } from '../../src/core/door/door.ts';
import type { Commands, Opening } from '../../src/core/door/opening.ts';
import type { Sequence } from '../../src/core/door/sequence.ts';
import { type Address, renderAddress } from '../../src/core/net/address.ts';
import type { Port } from '../../src/core/net/port.ts';
import { type FlagRule, TCP_FLAG } from '../../src/core/net/tcp-flags.ts';
import { seconds } from '../../src/core/net/time.ts';
import { nativePart, nativeSettingLines, nativeSettings, withoutCooldown } from './native-door-text.ts';

/** A configuration beside a text that means it. */
export type RenderedConfig = { readonly config: Config; readonly text: string };

type Lines = readonly (readonly [directive: string, value: string])[];

/** A door without its name, and its directives. */
type RenderedDoor = { readonly door: Omit<DoorSpec, 'name'>; readonly lines: Lines };

const plainText = fc.stringMatching(/^[a-zA-Z0-9%/.ü😀=;"'|&-]([ \ta-zA-Z0-9%/.ü😀=;"'|&-]{0,20}[a-z])?$/u);
const path = fc.stringMatching(/^\/[a-zA-Z0-9/._ü=-]{0,20}$/u);
const word32 = fc.nat({ max: 0xffff_ffff });
const blank = fc.stringMatching(/^[ \t]{0,3}$/);

const address: fc.Arbitrary<Address> = fc.oneof(
  word32.map((word) => renderAddress(4, 0, 0, 0, word)),
  fc.tuple(word32, word32, word32, word32).map((words) => renderAddress(6, ...words)),
);

// A record of fast-check may lack a prototype, which deepEqual tells from one of ours: each is rebuilt.
const step = fc
  .tuple(fc.constantFrom('tcp' as const, 'udp' as const), fc.integer({ min: 1, max: 65_535 }))
  .map(([protocol, port]) => ({ protocol, port: port as Port }));

/** Two doors seldom have the same sequence of three; where they do, the file would have a warning. */
const sequence = fc.array(step, { minLength: 3, maxLength: 40 }).map((steps) => steps as unknown as Sequence);

const flags: fc.Arbitrary<FlagRule> = fc
  .tuple(fc.nat({ max: 0x3f }), fc.nat({ max: 0x3f }))
  .map(([mask, value]) => ({ mask, value: value & mask }));

const timeout = fc.integer({ min: 1, max: 2_147_483_647 });

const command = fc.option(fc.oneof({ weight: 9, arbitrary: plainText }, fc.constant('')), { nil: undefined });
const commands = fc.record({ start: command, stop: command, start6: command, stop6: command }).map(
  // A stop command without any start command is a mistake.
  (each) => (each.start === undefined && each.start6 === undefined ? { ...each, start: 'true' } : each),
);

const source: fc.Arbitrary<SequenceSource> = fc.oneof(
  { weight: 4, arbitrary: sequence.map((each) => ({ kind: 'fixed' as const, sequence: each })) },
  path.map((each) => ({ kind: 'one-time' as const, path: each })),
);

const renderedDoor: fc.Arbitrary<RenderedDoor> = fc
  .record({
    source,
    flags,
    commands,
    target: fc.option(address, { nil: undefined }),
    seqTimeout: fc.option(timeout, { nil: undefined }),
    cmdTimeout: fc.option(timeout, { nil: undefined }),
    native: nativePart(address),
  })
  .map(({ native, ...parts }) => ({
    ...parts,
    native:
      parts.commands.stop === undefined && parts.commands.stop6 === undefined
        ? native
        : withoutCooldown(native),
  }))
  .map((parts) => ({
    door: {
      sequenceSource: parts.source,
      seqTimeout: seconds(parts.seqTimeout ?? 25),
      flags: parts.flags,
      ...(parts.target === undefined ? {} : { target: parts.target }),
      ...parts.native.door,
      opening: { ...openingOf(parts.commands, parts.cmdTimeout ?? 10), ...parts.native.opening },
    },
    lines: [...doorLines(parts), ...parts.native.lines],
  }));

const interfaces: fc.Arbitrary<InterfaceSetting> = fc.oneof(
  fc.constantFrom({ kind: 'any' as const }, { kind: 'auto' as const }),
  fc
    .uniqueArray(fc.stringMatching(/^(eth|wlan|br-|tun)[0-9._-]{1,8}$/), { minLength: 1, maxLength: 4 })
    .map((names) => ({ kind: 'named' as const, names })),
);

const settings = fc
  .record(
    { useSyslog: fc.boolean(), logFile: path, pidFile: path, interfaces },
    { requiredKeys: ['useSyslog'] },
  )
  .chain((parts) => nativeSettings.map((native) => ({ ...parts, ...native })));

const name = fc
  .stringMatching(/^[a-zA-Z0-9ü😀_.-]( ?[a-zA-Z0-9ü_.\]-]){0,10}$/u)
  .filter((each) => each.toLowerCase() !== 'options');

const doors = fc.uniqueArray(fc.record({ name, rendered: renderedDoor }), {
  minLength: 1,
  maxLength: 6,
  selector: (each) => each.name,
});

/** How a text is laid out: chosen again for each line by its number. */
const layout = fc.record({
  blanks: fc.array(blank, { minLength: 7, maxLength: 7 }),
  newline: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\uFEFF'),
  upper: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  comments: fc.array(fc.constantFrom('', '# [x]', ' #=\u0001', '\t'), { maxLength: 3 }),
});

export const renderedConfig: fc.Arbitrary<RenderedConfig> = fc
  .record({ settings, doors, layout, optionsLast: fc.boolean() })
  .filter(
    (parts) =>
      new Set(parts.doors.map(({ rendered }) => JSON.stringify(rendered.lines[0]))).size ===
      parts.doors.length,
  )
  .map(({ settings: set, doors: list, layout: style, optionsLast }) => {
    const sections = list.map((each) => [[`[${each.name}]`], each.rendered.lines] as const);
    const options = [['[options]'], settingLines(set)] as const;
    const ordered = optionsLast ? [...sections, options] : [options, ...sections];
    return {
      config: { settings: set, doors: list.map((each) => ({ name: each.name, ...each.rendered.door })) },
      text: layOut(
        ordered.flatMap(([heading, lines]) => [heading, ...lines]),
        style,
      ),
    };
  });

type CommandParts = {
  start: string | undefined;
  stop: string | undefined;
  start6: string | undefined;
  stop6: string | undefined;
};

function openingOf(each: CommandParts, cmdTimeout: number): Opening {
  const pair = (start: string | undefined, stop: string | undefined): Commands => {
    if (!start) return {};
    return stop ? { start, stop } : { start };
  };
  return {
    kind: 'command',
    commands: { 4: pair(each.start, each.stop), 6: pair(each.start6 ?? each.start, each.stop6 ?? each.stop) },
    cmdTimeout: seconds(cmdTimeout),
  };
}

function doorLines(parts: {
  source: SequenceSource;
  flags: FlagRule;
  commands: CommandParts;
  target: Address | undefined;
  seqTimeout: number | undefined;
  cmdTimeout: number | undefined;
}): Lines {
  const { source: from, commands: each } = parts;
  const lines: [string, string | number | undefined][] = [
    ['sequence', from.kind === 'fixed' ? sequenceText(from.sequence) : undefined],
    ['one_time_sequences', from.kind === 'one-time' ? from.path : undefined],
    ['seq_timeout', parts.seqTimeout],
    ['tcpflags', flagsText(parts.flags) || undefined],
    ['target', parts.target],
    ['command', each.start],
    ['start_command_6', each.start6],
    ['cmd_timeout', parts.cmdTimeout],
    ['stop_command', each.stop],
    ['stop_command_6', each.stop6],
  ];
  return lines.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as const]));
}

/** TCP is written as often as it is left out. */
function sequenceText(steps: Sequence): string {
  const text = steps.map(({ port, protocol }, i) => {
    if (protocol === 'udp') return `${port}:udp`;
    return i % 2 === 0 ? `${port}` : `${port} : TCP`;
  });
  return text.join(', ');
}

function flagsText({ mask, value }: FlagRule): string {
  const names = Object.entries(TCP_FLAG).filter(([, bit]) => (mask & bit) !== 0);
  return names.map(([flag, bit]) => (value & bit ? flag : `!${flag}`)).join(' ,');
}

function settingLines(set: Partial<Settings>): Lines {
  const { useSyslog, logFile, pidFile, interfaces: choice } = set;
  const lines: [string, string][] = [['UseSyslog', useSyslog ? 'yes' : 'no']];
  if (logFile !== undefined) lines.push(['LogFile', logFile]);
  if (pidFile !== undefined) lines.push(['PidFile', pidFile]);
  if (choice !== undefined)
    lines.push(['Interface', choice.kind === 'named' ? choice.names.join(', ') : choice.kind]);
  return [...lines, ...nativeSettingLines(set)];
}

type Layout = typeof layout extends fc.Arbitrary<infer T> ? T : never;

function layOut(lines: readonly (readonly string[])[], style: Layout): string {
  const gap = (i: number): string => style.blanks[i % style.blanks.length] ?? '';
  const text = lines.map(([key = '', value], i) => {
    if (value === undefined) return `${gap(i)}${key}${gap(i + 1)}`;
    const shown = style.upper[i % style.upper.length] ? key.toUpperCase() : key;
    return `${gap(i)}${shown}${gap(i + 1)}=${gap(i + 2)}${value}${gap(i + 3)}`;
  });
  text.splice(1, 0, ...style.comments);
  return style.mark + text.join(style.newline);
}
