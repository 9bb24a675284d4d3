import { markSequenceUsed, parseOneTimeSequences } from '../../core/config/file/one-time-sequences.ts';
import type { Door } from '../../core/door/door.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { readWhole } from '../../host/files/read-whole.ts';

/** Marks one-time sequences as used in memory only: the files stay unchanged. */
export class OneTimeRehearsal {
  #doors: readonly Door[];
  readonly #report: (event: LogEvent) => void;
  readonly #files = new Map<string, Uint8Array>();

  constructor(doors: readonly Door[], report: (event: LogEvent) => void) {
    this.#doors = doors;
    this.#report = report;
  }

  /** The doors after `used` was opened by its sequence: with its next sequence, or without the door. */
  advance(used: Door): readonly Door[] {
    const following = this.#following(used);
    const others = this.#doors.filter((door) => door.name !== used.name);
    this.#doors = following === undefined ? others : [...others, following];
    return this.#doors;
  }

  #following(door: Door): Door | undefined {
    const source = door.sequenceSource;
    if (source.kind !== 'one-time') return door;
    const bytes = this.#files.get(source.path) ?? readWhole(source.path);
    const current = parseOneTimeSequences(source.path, bytes).next;
    const left = current === undefined ? bytes : markSequenceUsed(bytes, current.line);
    this.#files.set(source.path, left);
    const { next } = parseOneTimeSequences(source.path, left);
    if (next !== undefined) return { ...door, sequence: next.sequence };
    this.#report({ kind: 'no-sequences-left', door: door.name, file: source.path });
    return undefined;
  }
}
