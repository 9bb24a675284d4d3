import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { configOf } from './config-text.ts';

const FOLDER = new URL('../../../examples/', import.meta.url);

describe('examples/', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.conf'));

  it('has the five of the manual', () => {
    for (const name of ['openssh.conf', 'openbits.conf', 'mixed.conf', 'ipv6.conf', 'native-ssh.conf']) {
      assert.ok(files.includes(name), `${name} is missing`);
    }
  });

  for (const name of files) {
    it(`${name} has doors that run a command or open ports, without a warning`, () => {
      const { doors } = configOf(readFileSync(new URL(name, FOLDER)));
      assert.ok(doors.length > 0);
      for (const { opening } of doors) assert.ok(opening.commands[4].start ?? opening.ports);
    });
  }
});
