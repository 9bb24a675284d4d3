/** No remedy is printed that no test has typed: the table that findings are typed by, against the cases of both suites. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem, warning } from '../../../src/core/doctor/finding.ts';
import { PAIRS } from '../../netns/remedy-case.ts';
import { REMEDY_CASES } from '../../netns/remedy-cases.ts';
import { SYSTEMD_REMEDY_CASES } from '../../systemd/remedy-cases-systemd.ts';

test('each finding with each of its remedies has a case that types it as it is printed', () => {
  const proven = new Set([...REMEDY_CASES, ...SYSTEMD_REMEDY_CASES].flatMap(({ proves }) => proves));
  assert.ok(PAIRS.length > 50, `${PAIRS.length}`);
  assert.deepEqual(
    PAIRS.filter((pair) => !proven.has(pair)),
    [],
    'no case proves these',
  );
  assert.deepEqual(
    [...proven].filter((pair) => !PAIRS.includes(pair)),
    [],
    'these are not in the table',
  );
});

test('a finding takes no remedy that is not in its row of the table', () => {
  // @ts-expect-error: the table gives this finding no remedy by `kill`. The test is that this does not compile.
  problem('default-policy', 'open', { by: 'kill', command: 'true' });
  // @ts-expect-error: `chmod` is a remedy of another finding. The test is that this does not compile.
  warning('trial', 'it ends', { by: 'chmod', command: 'true' });
  // @ts-expect-error: there is no such finding. The test is that this does not compile.
  warning('weather', 'rain', { hint: 'wait' });
  assert.equal(
    problem('trial', 'it ends', { by: 'confirm', command: 'bussa confirm' }).remedy,
    'bussa confirm',
  );
});
