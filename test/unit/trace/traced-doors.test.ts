// Entries about doors that no sequence opens: they name their door, also when the configuration has changed since.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyEntry } from '../../../src/core/control/source-story.ts';
import type { Door } from '../../../src/core/door/door.ts';
import type { Address } from '../../../src/core/net/address.ts';
import { instant } from '../../../src/core/net/time.ts';
import { SourceTraces } from '../../../src/core/trace/source-traces.ts';

const SOURCE = '192.0.2.7' as Address;
const NOW = 1_800_000_000_000;

test('a door without a sequence is named beside those of the engine, and keeps its name through reloads', () => {
  const ssh = { name: 'ssh', sequence: [{}, {}, {}] } as unknown as Door;
  const doors: (Door | undefined)[] = [ssh, undefined];
  const traces = new SourceTraces(16, [1, 2], doors, ['web', 'mail']);
  const note = (door: string, at: number): void =>
    traces.addLeaseNote({ kind: 'opened', source: SOURCE, door }, NOW + at);
  for (const [at, door] of ['ssh', 'web', 'mail', 'none'].entries()) note(door, at);
  // The engine's list may grow while it is in use.
  doors.push(ssh);
  traces.replaceDoors([ssh], ['mail', 'late']);
  for (const [at, door] of ['web', 'late', 'mail', 'ssh'].entries()) note(door, 10 + at);
  const entries = traces.read(SOURCE, instant(NOW + 100)).map(storyEntry);
  assert.deepEqual(
    entries.map(({ text, door, of }) => [text, door, of]),
    [
      ['ssh: opened', 'ssh', 3],
      ['web: opened', 'web', undefined],
      ['mail: opened', 'mail', undefined],
      ['opened', undefined, undefined],
      ['opened', undefined, undefined],
      ['late: opened', 'late', undefined],
      ['mail: opened', 'mail', undefined],
      ['ssh: opened', 'ssh', 3],
    ],
  );
});
