import type { SimulateEnd, SimulateRequest, TimelineEntry } from '../../../app/rehearsal/simulate.ts';
import type { SequenceStep } from '../../../core/door/sequence.ts';
import { type Address, familyOf, parseAddress } from '../../../core/net/address.ts';
import { parsePort } from '../../../core/net/port.ts';
import { parseProtocol } from '../../../core/net/protocol.ts';
import { type Millis, millis } from '../../../core/net/time.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Json, Output, Verb } from '../../arguments/verb.ts';
import {
  CONFIG_OPERAND,
  judgedFile,
  readSelector,
  SELECTOR_OPTIONS,
} from '../../daemon-verbs/daemon-selector.ts';

/** RFC 5737 and RFC 3849: addresses that nobody has. */
const SOMEBODY = '192.0.2.1' as Address;

const DEFAULT_GAP = millis(100);
const UNIT_MS = { ms: 1, s: 1000, m: 60_000 } as const;
const LONGEST_GAP = 86_400_000;

/** BOUNDED: a command line holds fewer. */
const MAX_KNOCKS = 65_536;

const OPTIONS = {
  knock: {
    type: 'string',
    value: 'PORTS',
    summary: 'these knocks, as in `"7000 8000:udp 9000"`',
  },
  pcap: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    summary: 'the packets of this pcap or pcapng file; `-` is standard input',
    details:
      'Times are those of the file. Every packet counts as sent to this host. The scan guard is off, because the file does not show which ports were in use.',
  },
  from: {
    type: 'string',
    value: 'IP',
    summary: 'the source address (default 192.0.2.1, reserved for examples)',
  },
  to: {
    type: 'string',
    value: 'IP',
    summary: 'the destination address, for a door with a `target`',
  },
  gap: {
    type: 'string',
    value: 'TIME',
    summary: 'the time between knocks, as in 300ms or 2s (default 100ms)',
  },
  ...SELECTOR_OPTIONS,
  json: { type: 'boolean', summary: 'print each entry as one JSON object a line' },
} as const satisfies OptionTable;

export const SIMULATE: Verb = {
  name: 'simulate',
  summary: 'show what knocks would do, and why a door would stay closed',
  description: [
    'Prints what a daemon with this configuration would do with these knocks, one entry a line in order of time, and at the end one sentence for each door that says whether it opened, or why not. Nothing is sent or run, and no privilege is needed, except to read the users file where a door accepts codes.',
    "The daemon's own code judges the knocks, including the scan guard. Only the random decoy ports are missing, because each daemon draws them in secret: one in four of the ports that no door uses would be a decoy port.",
    'Codes are judged by the users file that the configuration names, with `--knock` at the present time, and as if none had been used before. Signed knocks and SPA packets are not judged.',
  ],
  operands: [CONFIG_OPERAND],
  options: OPTIONS,
  streams: true,
  read: ({ values, operands: [operand] }, environment) => {
    const traffic = readTraffic(values);
    const choice = readSelector(values, environment);
    const json = values.has('json');
    return async (output) => {
      const judged = await judgedFile(operand, choice, output);
      if (typeof judged === 'number') return judged;
      const request: SimulateRequest = {
        configFile: judged.file,
        traffic,
        ...(judged.options === undefined ? {} : { ipv6: judged.options.ipv6 }),
      };
      const { simulate } = await import('../../../app/rehearsal/simulate.ts');
      const { TimelinePrinter } = await import('../text/timeline.ts');
      const printer = new TimelinePrinter(output, request.traffic.kind === 'capture');
      const emit = (entry: TimelineEntry): void => {
        if (json) output.print(JSON.stringify(printer.value(entry)));
        else for (const line of printer.lines(entry)) output.print(line);
      };
      return finish(await simulate(request, emit), json, output);
    };
  },
};

async function finish(end: SimulateEnd, json: boolean, output: Output): Promise<number> {
  const { diagnosticParts, renderDiagnostic } = await import('../../../core/text/diagnostic.ts');
  const sayFailure = (value: Json): void => {
    if (json) output.print(JSON.stringify(value));
  };
  if (end.kind === 'failed') {
    output.error(`bussa: ${end.message}`);
    sayFailure({ kind: 'failed', error: end.message });
    return EXIT.failed;
  }
  const diagnostics = end.kind === 'bad' ? end.diagnostics : end.warnings;
  for (const diagnostic of diagnostics) output.error(renderDiagnostic(diagnostic));
  if (end.kind === 'bad') sayFailure({ kind: 'bad', diagnostics: diagnostics.map(diagnosticParts) });
  if (end.kind !== 'bad') return EXIT.ok;
  return end.isDenied === true ? EXIT.permission : EXIT.config;
}

function readTraffic(values: ReadonlyMap<string, string>): SimulateRequest['traffic'] {
  const file = values.get('pcap');
  const knocks = values.get('knock');
  if ((file === undefined) === (knocks === undefined)) {
    throw new UsageError('give one of --knock "7000 8000:udp 9000" and --pcap FILE');
  }
  if (knocks === undefined) {
    const stray = ['from', 'to', 'gap'].find((name) => values.has(name));
    if (stray !== undefined)
      throw new UsageError(`--${stray} is for --knock: with --pcap the capture decides it`);
    return { kind: 'capture', file: file ?? '' };
  }
  const to = values.get('to');
  const from = parseAddressOption('from', values.get('from') ?? SOMEBODY);
  const target = to === undefined ? undefined : parseAddressOption('to', to);
  if (target !== undefined && familyOf(target) !== familyOf(from)) {
    throw new UsageError(
      `--from ${from} and --to ${target} are of different address families: no packet has both`,
    );
  }
  return {
    kind: 'knocks',
    steps: parseKnocks(knocks),
    from,
    ...(target === undefined ? {} : { to: target }),
    gap: parseGap(values.get('gap')),
  };
}

/** Separated by blanks as for `knock`, or by commas as in a configuration. */
export function parseKnocks(text: string): readonly SequenceStep[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) throw new UsageError('--knock has no port: give some, as in "7000 8000:udp 9000"');
  if (words.length > MAX_KNOCKS) throw new UsageError(`--knock takes ${MAX_KNOCKS} knocks at most`);
  return words.map((word) => {
    const [digits = '', name = 'tcp', ...rest] = word.split(':');
    const port = parsePort(digits);
    const protocol = parseProtocol(name);
    if (port !== undefined && protocol !== undefined && rest.length === 0) return { protocol, port };
    throw new UsageError(`bad knock '${word}': give a port from 1 to 65535, with :udp after it for UDP`);
  });
}

function parseAddressOption(name: string, text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(`bad address '${text}' for --${name}: write one such as 192.0.2.1 or 2001:db8::1`);
}

function parseGap(text: string | undefined): Millis {
  if (text === undefined) return DEFAULT_GAP;
  const [, digits, unit = 'ms'] = /^([0-9]{1,8}(?:\.[0-9]{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  const length = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (digits !== undefined && length <= LONGEST_GAP) return millis(length);
  throw new UsageError(`bad time '${text}' for --gap: give one such as 300ms, 1.5s or 1m, a day at most`);
}
