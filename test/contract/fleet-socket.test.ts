import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { describe, test } from 'node:test';
import { FleetSocket } from '../../src/app/daemon/control/fleet-socket.ts';
import { WRONG_SOCKET } from '../../src/app/daemon/control/wrong-socket.ts';
import { fleetSocketIn } from '../../src/app/state/open-state.ts';
import { MAX_DELIVERED, MAX_RECORD_BYTES } from '../../src/core/control/fleet-link.ts';
import { parseAnswer, parseStreamed } from '../../src/core/control/parse-answer.ts';
import { renderRequest } from '../../src/core/control/parse-request.ts';
import { millis } from '../../src/core/net/time.ts';
import { Conversation } from '../../src/host/control/control-client.ts';
import { Scratch } from '../lab/child-module.ts';

const WINDOW = millis(600_000);

describe('the socket of the carrier', () => {
  test('answers the verbs of the link alone, and a batch of the largest records', async () => {
    using scratch = new Scratch();
    const delivered: number[] = [];
    const socket = new FleetSocket({
      directory: scratch.path,
      version: '1',
      verbs: () => ({
        ...WRONG_SOCKET,
        'fleet-follow': async function* () {
          yield { kind: 'begin', fleet: 'main', member: 'gw1', engine: 'unix:///e', window: WINDOW };
        },
        'fleet-deliver': ({ records }) => {
          delivered.push(records.reduce((sum, { bytes }) => sum + bytes.length, 0));
          return { applied: records.length, refused: 0 };
        },
      }),
      report: (event) => assert.fail(JSON.stringify(event)),
    });
    assert.ok(await socket.open());
    try {
      const path = fleetSocketIn(scratch.path);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      using conversation = new Conversation(path);
      const ping = await conversation.ask(renderRequest({ verb: 'ping' }));
      assert.deepEqual(ping, { ok: true, protocol: 1, version: '1' });
      for (const request of [
        { verb: 'open', door: 'ssh', ip: '192.0.2.1' },
        { verb: 'status' },
        {},
        7,
        null,
      ]) {
        const said = await conversation.ask(request as object);
        assert.deepEqual(said, { ok: false, error: 'at this socket only `bussa fleet` is answered' });
      }
      const bytes = new Uint8Array(MAX_RECORD_BYTES).fill(255);
      const records = Array.from({ length: MAX_DELIVERED }, () => ({ bytes }));
      const answer = await conversation.ask(renderRequest({ verb: 'fleet-deliver', records }));
      assert.deepEqual(parseAnswer('fleet-deliver', answer), {
        kind: 'answer',
        answer: { applied: MAX_DELIVERED, refused: 0 },
      });
      assert.deepEqual(delivered, [MAX_DELIVERED * MAX_RECORD_BYTES]);
      const more = await conversation.ask(
        renderRequest({ verb: 'fleet-deliver', records: [...records, { bytes }] }),
      );
      assert.match(JSON.stringify(more), /at most 256 records/);
      const begin = await conversation.ask(renderRequest({ verb: 'fleet-follow' }));
      const part = parseStreamed('fleet-follow', begin);
      assert.equal(part.kind === 'answer' && part.answer.kind, 'begin');
    } finally {
      socket.close();
    }
  });

  test('hangs up on who sends no end of a line', async () => {
    using scratch = new Scratch();
    const socket = new FleetSocket({
      ...{ directory: scratch.path, version: '1', verbs: () => WRONG_SOCKET },
      report: (event) => assert.fail(JSON.stringify(event)),
    });
    assert.ok(await socket.open());
    try {
      const client = createConnection(fleetSocketIn(scratch.path));
      client.on('error', () => undefined);
      client.write('x'.repeat(1 << 20));
      let said = '';
      client.on('data', (text) => (said += String(text)));
      await new Promise((resolve) => client.once('close', resolve));
      assert.match(said, /a request is one line of at most 524288 bytes/);
    } finally {
      socket.close();
    }
  });
});
