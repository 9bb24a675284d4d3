import { renderDiagnostic } from '../../core/config/diagnostic.ts';
import { markSequenceUsed, parseOneTimeSequences } from '../../core/config/one-time-sequences.ts';
import type { Door, DoorSpec } from '../../core/door/door.ts';
import { sameSequence } from '../../core/door/sequence.ts';
import type { Event } from '../../core/event/event.ts';
import { readWhole } from '../../host/system/read-whole.ts';
import { overwriteByte, replaceFile } from '../../host/system/replace-file.ts';

const HASH = 0x23;

/** The doors that can be opened now. A door whose one-time sequences are used up, or cannot be read, is left out, with a log line. */
export function watchableDoors(specs: readonly DoorSpec[], report: (event: Event) => void): Door[] {
  return specs.flatMap((spec) => {
    const door = watchableDoor(spec, report);
    return door === undefined ? [] : [door];
  });
}

function watchableDoor(spec: DoorSpec, report: (event: Event) => void): Door | undefined {
  const source = spec.sequenceSource;
  if (source.kind === 'fixed') return { ...spec, sequence: source.sequence };
  try {
    const { next, warnings } = parseOneTimeSequences(source.path, readWhole(source.path));
    for (const warning of warnings) report({ kind: 'warning', text: renderDiagnostic(warning) });
    if (next !== undefined) return { ...spec, sequence: next.sequence };
    report({ kind: 'no-sequences-left', door: spec.name, file: source.path });
  } catch (error) {
    report({
      kind: 'error',
      text: `${spec.name}: the one-time sequences cannot be read: ${(error as Error).message}; the door stays shut`,
    });
  }
  return undefined;
}

/**
 * Uses up the sequence that opened the door, on the disk, before anything is opened by it. Throws if it cannot be
 * marked: it must not open a second time.
 */
export function useUpSequence(door: Door): void {
  const source = door.sequenceSource;
  if (source.kind === 'fixed') return;
  const bytes = readWhole(source.path);
  const { next } = parseOneTimeSequences(source.path, bytes);
  // Somebody has edited the file in the meantime: the sequence that was knocked is not in front any more.
  if (next === undefined || !sameSequence(next.sequence, door.sequence)) {
    throw new Error(
      `${source.path} has changed since it was read, and the sequence is not the next one in it`,
    );
  }
  try {
    replaceFile(source.path, markSequenceUsed(bytes, next.line));
  } catch {
    // A full disk, or a directory that may not be written: the file itself still can be.
    overwriteByte(source.path, next.byteOffset, HASH);
  }
}
