import type { DoorSpec, SequenceSource } from '../../door/door.ts';
import type { Opening } from '../../door/opening.ts';
import { isUserProof, USER_PROOFS } from '../../door/proof-kind.ts';
import { ANY_FLAGS } from '../../net/tcp-flags.ts';
import type { Findings } from '../../text/findings.ts';
import { compileOpening } from '../values/compile-opening.ts';
import { readersOf } from './declared.ts';
import type { DoorDraft } from './door-draft.ts';
import { FLEET_DOOR_DIRECTIVES } from './fleet-door-directives.ts';
import { judgeDoor } from './judge-door.ts';
import { DEFAULT_CMD_TIMEOUT, OPENING_DIRECTIVES } from './opening-directives.ts';
import { DEFAULT_SEQ_TIMEOUT, PROOF_DIRECTIVES } from './proof-directives.ts';
import type { Section } from './read-sections.ts';

const READERS = readersOf<DoorDraft>([...PROOF_DIRECTIVES, ...FLEET_DOOR_DIRECTIVES, ...OPENING_DIRECTIVES]);

/** The door of a section, or `undefined`: it is not a door, or its sequence is wrong. */
export function parseDoor(section: Section, findings: Findings): DoorSpec | undefined {
  const draft: DoorDraft = {
    accept: [],
    seqTimeout: DEFAULT_SEQ_TIMEOUT,
    flags: ANY_FLAGS,
    cmdTimeout: DEFAULT_CMD_TIMEOUT,
    commands: {},
    ports: [],
    door: {},
    proofs: {},
    ways: {},
  };
  for (const entry of section.entries) READERS.get(entry.directive.name)?.(entry, draft, findings);
  if (section.kind !== 'door') return undefined;
  judgeDoor(section, findings);
  const sequenceSource = sourceOf(draft);
  if (sequenceSource === undefined) return undefined;
  const { seqTimeout, flags, door } = draft;
  return {
    name: section.name.text,
    sequenceSource,
    ...proofsOf(draft, sequenceSource),
    seqTimeout,
    flags,
    ...door,
    opening: openingOf(draft),
  };
}

function openingOf({ commands, cmdTimeout, ports, ways }: DoorDraft): Opening {
  const [first, ...rest] = ports;
  const opening = compileOpening(commands, cmdTimeout);
  return first === undefined ? opening : { ...opening, ports: [first, ...rest], ...ways };
}

function sourceOf({ sequence, oneTimePath, accept }: DoorDraft): SequenceSource | undefined {
  if (sequence !== undefined) return { kind: 'fixed', sequence };
  if (oneTimePath !== undefined) return { kind: 'one-time', path: oneTimePath };
  return accept.some(isUserProof) ? { kind: 'none' } : undefined;
}

/** A sequence counts even if `Accept` does not name it. */
function proofsOf({ accept, proofs }: DoorDraft, { kind }: SequenceSource): Partial<DoorSpec> {
  const named = USER_PROOFS.filter((proof) => accept.includes(proof));
  if (named.length === 0) return {};
  return { accept: kind === 'none' ? named : ['sequence', ...named], ...proofs };
}
