import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import type { LeaseId } from '../../../src/core/lease/lease.ts';
import type { LeaseEffect } from '../../../src/core/lease/lease-effect.ts';
import type { LeaseInput } from '../../../src/core/lease/lease-input.ts';
import { LeaseMachine } from '../../../src/core/lease/lease-machine.ts';
import { orderOpen } from '../../../src/core/lease/open-request.ts';
import { instant } from '../../../src/core/net/time.ts';
import { address } from '../attempt/knocks.ts';

const ID = 'lease' as LeaseId;
const SOURCE = address('192.0.2.1');
const RETRIED = instant(10_000_000);

/** One lease on its way, at a door that opens a port. `closesByItself`: its ports are opened before its record. */
class Opening {
  readonly #machine = new LeaseMachine(10);

  constructor(closesByItself: boolean) {
    const text = '[ssh]\nsequence = 7000\nopen = tcp/22\nopen_for = 600\n';
    const result = parseConfig('test', new TextEncoder().encode(text));
    assert.ok(result.kind !== 'bad');
    const { doors } = result.config;
    const [door] = doors;
    assert.ok(door !== undefined);
    this.take({ kind: 'doors', doors });
    const openRequest = orderOpen(door, SOURCE, door.opening.cmdTimeout);
    this.take({
      ...{ kind: 'open', openRequest, ticket: 1, id: ID, isBanned: false, hasRoom: true, closesByItself },
    });
    if (!closesByItself) this.take({ kind: 'recorded', id: ID });
    assert.equal(this.state, 'opening-ports');
  }

  take(input: LeaseInput, now = instant(0)): LeaseEffect['do'][] {
    return this.#machine.apply(input, now).map((effect) => effect.do);
  }

  /** `undefined` when it is over. */
  get state(): string | undefined {
    return this.#machine.entry(ID)?.state.at;
  }
}

describe('the firewall refuses to open a door, and then to undo that', () => {
  test('a recorded lease: its record goes, and nothing is retried', () => {
    const opening = new Opening(false);
    assert.deepEqual(
      opening
        .take({ kind: 'ports-refused', id: ID, why: 'no such table' })
        .filter((what) => what !== 'report'),
      ['answer', 'undo-ports'],
    );
    assert.deepEqual(opening.take({ kind: 'close-refused', id: ID }), ['write-end']);
    opening.take({ kind: 'end-written', id: ID });
    assert.equal(opening.state, undefined);
    assert.deepEqual(opening.take({ kind: 'time' }, RETRIED), []);
  });

  test('one that has no record yet: nothing is left of it', () => {
    const opening = new Opening(true);
    opening.take({ kind: 'ports-refused', id: ID, why: 'no such table' });
    const effects = opening.take({ kind: 'close-refused', id: ID });
    assert.equal(effects.includes('write-end'), false);
    assert.equal(opening.state, undefined);
    assert.deepEqual(opening.take({ kind: 'time' }, RETRIED), []);
  });

  test('ports that it has opened are closed again and again, until they are', () => {
    const opening = new Opening(true);
    opening.take({ kind: 'ports-open', id: ID });
    opening.take({ kind: 'bans', isBanned: () => true });
    opening.take({ kind: 'recorded', id: ID });
    assert.equal(opening.state, 'undoing');
    opening.take({ kind: 'close-refused', id: ID });
    assert.equal(opening.state, 'retrying-undo');
    assert.deepEqual(opening.take({ kind: 'time' }, RETRIED), ['undo-ports']);
    opening.take({ kind: 'ports-closed', id: ID, cut: 0 });
    opening.take({ kind: 'end-written', id: ID });
    assert.equal(opening.state, undefined);
  });

  test('ports that it has opened, at a stop: it is not waited for, all of the rules go', () => {
    const opening = new Opening(true);
    opening.take({ kind: 'ports-open', id: ID });
    opening.take({ kind: 'stop' });
    opening.take({ kind: 'recorded', id: ID });
    opening.take({ kind: 'close-refused', id: ID });
    opening.take({ kind: 'end-written', id: ID });
    assert.equal(opening.state, undefined);
  });
});
