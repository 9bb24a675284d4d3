import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hookEnvironment } from '../../../src/core/door/hook.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { instant } from '../../../src/core/net/time.ts';

describe('the variables of a hook', () => {
  const source = parseAddress('2001:db8::1')!;

  it('describe a door: who, which ports, until when', () => {
    const ports = 'tcp/22, udp/8000-8010, tcp/8080 forward';
    const until = instant(Date.UTC(2026, 7, 1, 12, 30, 15, 250));
    assert.deepEqual(hookEnvironment({ event: 'open', door: 'Tür 1', source, ports, until }), {
      BUSSA_EVENT: 'open',
      BUSSA_DOOR: 'Tür 1',
      BUSSA_IP: '2001:db8::1',
      BUSSA_PORTS: 'tcp/22, udp/8000-8010, tcp/8080 forward',
      BUSSA_UNTIL: '2026-08-01T12:30:15.250Z',
      BUSSA_USER: '',
      BUSSA_PROOF: '',
    });
  });
  it('are empty where there is nothing to say, never absent', () => {
    assert.deepEqual(hookEnvironment({ event: 'refused', door: 'ssh', source, ports: '' }), {
      BUSSA_EVENT: 'refused',
      BUSSA_DOOR: 'ssh',
      BUSSA_IP: '2001:db8::1',
      BUSSA_PORTS: '',
      BUSSA_UNTIL: '',
      BUSSA_USER: '',
      BUSSA_PROOF: '',
    });
    assert.deepEqual(hookEnvironment({ event: 'stop' }), {
      BUSSA_EVENT: 'stop',
      BUSSA_DOOR: '',
      BUSSA_IP: '',
      BUSSA_PORTS: '',
      BUSSA_UNTIL: '',
      BUSSA_USER: '',
      BUSSA_PROOF: '',
    });
  });
});
