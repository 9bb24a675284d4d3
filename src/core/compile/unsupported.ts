import type { Config } from '../config/file/config.ts';
import { acceptsProof, type Door, type DoorSpec } from '../door/door.ts';
import type { PortOpening } from '../door/port-opening.ts';

/** What a ruleset cannot do, for one door or in general. `isLeftOut`: the door is not in the ruleset. */
export type Unsupported = { readonly door?: string; readonly isLeftOut?: true; readonly what: string };

/** Each stage of a sequence is a set; a longer sequence is not safer. */
const MAX_KNOCKS = 16;

/** The doors that a ruleset can contain, and everything that it does not cover. */
export function unsupported(config: Config): {
  readonly doors: readonly Door[];
  readonly notes: readonly Unsupported[];
} {
  const doors: Door[] = [];
  const notes: Unsupported[] = [];
  for (const spec of config.doors) {
    const reason = reasonToLeaveOut(spec, config);
    const source = spec.sequenceSource;
    if (reason !== undefined)
      notes.push({ door: spec.name, isLeftOut: true, what: `is left out: ${reason}` });
    else if (source.kind === 'fixed') {
      doors.push({ ...spec, sequence: source.sequence });
      notes.push(...missing(spec).map((what) => ({ door: spec.name, what })));
    }
  }
  return { doors, notes: doors.length === 0 ? notes : [...notes, ...missingForAll(config)] };
}

function reasonToLeaveOut(spec: DoorSpec, { settings }: Config): string | undefined {
  const { sequenceSource: source, opening } = spec;
  const ports = opening.ports ?? [];
  if (source.kind === 'one-time') return 'a ruleset cannot take the next line of a file';
  if (source.kind === 'none' || !acceptsProof(spec, 'sequence'))
    return 'a ruleset cannot check a proof, only a sequence';
  if (ports.length === 0) return 'it runs commands, and a ruleset runs none; use open';
  if (opening.singleUse === true) return 'a ruleset cannot use up a lease (single_use)';
  if (source.sequence.length > MAX_KNOCKS) return `its sequence has more than ${MAX_KNOCKS} knocks`;
  if (ports.some(isForward) && settings.interfaces?.kind !== 'named')
    return 'it opens a forwarded port; name the interface that strangers come in by, with Interface in [options]';
  return undefined;
}

const isForward = ({ path }: PortOpening): boolean => path === 'forward';

function missing(spec: DoorSpec): string[] {
  const { opening } = spec;
  const hasCommands = [opening.commands[4], opening.commands[6]].some(
    ({ start, stop }) => start !== undefined || stop !== undefined,
  );
  return [
    ...(hasCommands ? ['its commands do not run'] : []),
    ...(spec.accept !== undefined && spec.accept.length > 1
      ? ['only the sequence opens it: a ruleset cannot check other proofs']
      : []),
    ...(opening.hold === true ? ['it closes on time, even while a connection lives (hold)'] : []),
    ...(opening.closeKills === true ? ['connections live on when it closes (close_kills)'] : []),
    ...(spec.hooks === undefined ? [] : ['its hooks do not run']),
  ];
}

function missingForAll({ settings }: Config): Unsupported[] {
  const { interfaces, attach, hooks } = settings;
  return [
    ...(interfaces?.kind === 'auto'
      ? ['knocks count at every interface (Interface = auto); name the interfaces to limit them']
      : []),
    ...(attach === undefined
      ? []
      : ['your own chains do not learn who has knocked (attach); let the ports in there yourself']),
    ...(hooks === undefined ? [] : ['no hooks run']),
  ].map((what) => ({ what }));
}
