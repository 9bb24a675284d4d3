import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Namespace } from '../lab/namespace.ts';
import type { BootedDebian } from './booted-debian.ts';

/** Runs the commands of docs/operate.md, "The page as a service". Returns the token in the address that they print. */
export async function enablePage(debian: BootedDebian, network: Namespace): Promise<string> {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/operate.md'), 'utf8');
  const [, commands = ''] = /^### The page as a service$[\s\S]*?^```\n([\s\S]*?)^```$/m.exec(text) ?? [];
  const [setUp = '', visit = ''] = commands.split(/^(?=curl )/m);
  await debian.run('sh', '-e', '-c', setUp);
  const [curl = '', ...rest] = visit.trim().split('\n');
  // The bare system has no curl: the test's own does it.
  const [program, ...words] = curl.split(' ');
  assert.equal(program, 'curl');
  await network.run('curl', ...words);
  const [, token = ''] = /#(\S+)\n$/.exec(await debian.run('sh', '-e', '-c', rest.join('\n'))) ?? [];
  assert.match(token, /^.{16,}$/);
  return token;
}
