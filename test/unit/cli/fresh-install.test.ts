// What is said where nothing is configured yet names what makes a configuration.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { BUSSA, KNOCKD, WorkDirectory } from '../../lab/knockd.ts';
import { Program } from '../../lab/program.ts';
import { repository } from '../../lab/scratch-clone.ts';

const ASKING = [
  ['status'],
  ['leases'],
  ['watch'],
  ['events'],
  ['reload'],
  ['explain', '192.0.2.1'],
  ['open', 'ssh', '192.0.2.1'],
] as const;

async function said(command: string, ...args: readonly string[]): Promise<string> {
  await using program = new Program(command, args);
  assert.notEqual((await program.exited).code, 0);
  return program.output;
}

describe('a fresh install', () => {
  for (const kind of ['no configuration', 'the configuration of the package, with no door']) {
    test(`${kind}: each error names bussa init`, async () => {
      using directory = new WorkDirectory();
      const config = directory.file('knockd.conf');
      if (kind !== 'no configuration')
        copyFileSync(path.join(repository, 'packaging/debian/knockd.conf'), config);
      const place = ['--state', directory.file('state'), '-c', config];
      for (const words of ASKING)
        assert.match(await said(BUSSA[0] as string, ...words, ...place), /bussa init/, words[0]);
      const daemons = [
        [...KNOCKD, ...place],
        [...BUSSA, 'up', ...place],
        [...BUSSA, 'check', config],
      ] as const;
      for (const [command = '', ...words] of daemons)
        assert.match(await said(command, ...words), /bussa init/, words.join(' '));
    });
  }

  test('if a door is configured, the error says how to start the daemon', async () => {
    using directory = new WorkDirectory();
    const config = directory.file('knockd.conf', '[ssh]\nsequence = 7000,8000\nopen = tcp/22\n');
    const text = await said(BUSSA[0] as string, 'status', '--state', directory.file('state'), '-c', config);
    assert.match(text, /start it with/);
    assert.doesNotMatch(text, /bussa init/);
  });
});
