import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { test } from 'node:test';
import { TextServer } from '../../src/host/network/text-server.ts';
import { Scratch } from '../lab/child-module.ts';

function status(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });
}

const open = (path: string): Promise<TextServer> =>
  TextServer.open({ path }, '/metrics', 'text/plain', () => ['a 1\n']);

test('a leftover socket is replaced; another file keeps its content', async () => {
  using scratch = new Scratch();
  const path = scratch.file('metrics');
  writeFileSync(path, 'precious');
  await assert.rejects(open(path), /already exists and is not a socket/);
  assert.equal(readFileSync(path, 'utf8'), 'precious');

  const place = scratch.file('socket');
  const first = await open(place);
  const second = await open(place);
  try {
    assert.equal(statSync(place).isSocket(), true);
    assert.equal(await status(place, '/metrics'), 200);
    assert.equal(await status(place, '/metrics?name=up'), 200);
    assert.equal(await status(place, '/other'), 404);
  } finally {
    second.close();
    first.close();
  }
});
