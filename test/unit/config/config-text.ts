import assert from 'node:assert/strict';
import type { Config } from '../../../src/core/config/file/config.ts';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { DoorSpec } from '../../../src/core/door/door.ts';
import { renderSequence } from '../../../src/core/door/sequence.ts';
import { renderDiagnostic } from '../../../src/core/text/diagnostic.ts';

export const FILE = 'knockd.conf';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the text means. It must be without mistakes, and without warnings too. */
export function configOf(text: string | Uint8Array): Config {
  assert.deepEqual(complaints(text), []);
  const result = parseConfig(FILE, typeof text === 'string' ? bytesOf(text) : text);
  assert.equal(result.kind, 'ok');
  return result.config;
}

/** The door of a text with one door. */
export function doorOf(text: string): DoorSpec {
  const [door, ...others] = configOf(text).doors;
  assert.ok(door !== undefined && others.length === 0);
  return door;
}

/** `7000:tcp,8000:udp` of a door with a fixed sequence. */
export function sequenceOf({ sequenceSource }: DoorSpec): string {
  assert.equal(sequenceSource.kind, 'fixed');
  return renderSequence(sequenceSource.sequence);
}

/** All diagnostics as an operator sees them, without the name of the file. */
export function complaints(text: string | Uint8Array): readonly string[] {
  const result = parseConfig(FILE, typeof text === 'string' ? bytesOf(text) : text);
  const list = result.kind === 'ok' ? result.warnings : result.diagnostics;
  const hasErrors = list.some(({ severity }) => severity === 'error');
  assert.equal(result.kind, hasErrors ? 'bad' : 'ok');
  return list.map((diagnostic) => {
    const shown = renderDiagnostic(diagnostic);
    assert.ok(shown.startsWith(`${FILE}:`));
    return shown.slice(FILE.length + 1);
  });
}
