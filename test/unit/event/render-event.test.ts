import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventLevel, renderEvent } from '../../../src/core/event/render-event.ts';
import { ACCESS_RENDERINGS, of, type Renderings } from './access-renderings.ts';
import { DAEMON_RENDERINGS } from './daemon-renderings.ts';

/** Every kind of event, as the type demands. */
const RENDERINGS: Renderings = { ...ACCESS_RENDERINGS, ...DAEMON_RENDERINGS };

describe('the line of an event', () => {
  for (const [kind, renderings] of Object.entries(RENDERINGS)) {
    test(kind, () => {
      assert.ok(renderings.length > 0);
      for (const [event, level, line] of renderings) {
        assert.equal(renderEvent(event), line);
        assert.equal(eventLevel(event), level);
      }
    });
  }

  test('shows the name of a source where it was looked up, as knockd does', () => {
    const name = 'host.example.net';
    assert.equal(
      renderEvent({ kind: 'stage', ...of, stage: 2 }, name),
      '192.0.2.1 (host.example.net): openSSH: Stage 2',
    );
    const completed = renderEvent({ kind: 'completed', ...of }, name);
    assert.equal(completed, '192.0.2.1 (host.example.net): openSSH: OPEN SESAME');
    const expired = renderEvent({ kind: 'expired', ...of, stage: 1 }, name);
    assert.equal(expired, '192.0.2.1 (host.example.net): openSSH: sequence timeout (stage 1)');
    const timeout = renderEvent({ kind: 'command-timeout', ...of }, name);
    assert.equal(timeout, '192.0.2.1 (host.example.net): openSSH: command timeout');
  });

  test('is one line, whatever a program, a name server or a configuration says', () => {
    const forged = 'x\n[2026-01-01 00:00] 10.0.0.1: ssh: OPEN SESAME\r\u001b[2J\u2028';
    const escaped = 'x\\u{a}[2026-01-01 00:00] 10.0.0.1: ssh: OPEN SESAME\\u{d}\\u{1b}[2J\\u{2028}';
    assert.equal(
      renderEvent({ kind: 'stage', ...of, stage: 1 }, forged),
      `192.0.2.1 (${escaped}): openSSH: Stage 1`,
    );
    assert.equal(
      renderEvent({ kind: 'running', door: 'a', command: forged }),
      `a: running command: ${escaped}`,
    );
    const failure = { kind: 'status', status: 1 } as const;
    assert.equal(
      renderEvent({ kind: 'command-failed', door: 'a', failure, lastErrorLine: forged }),
      `a: command returned non-zero status code (1): ${escaped}`,
    );
    assert.equal(renderEvent({ kind: 'error', text: forged }), escaped);
    assert.equal(
      renderEvent({ kind: 'interface-missing', name: '\u0000' }),
      'interface \\u{0} does not exist; waiting for it',
    );
  });
});
