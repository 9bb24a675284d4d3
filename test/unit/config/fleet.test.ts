import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';

const FLEET = '[fleet]\nengine = valkeys://gw1@valkey.example.org:6380\nname = gw1\n';
const door = (...lines: readonly string[]): string =>
  ['[ssh]', 'sequence = 7000,8000', 'open = tcp/22', ...lines, ''].join('\n');

const read = (text: string) => parseConfig('knockd.conf', Buffer.from(text));

const mistakes = (text: string): readonly string[] => {
  const result = read(text);
  return result.kind === 'ok' ? [] : result.diagnostics.map(({ message }) => message);
};

describe('[fleet]', () => {
  test('is read with its defaults, and its doors with their rights', () => {
    const result = read(
      `${FLEET}group = bussa-fleet\n${door('fleet = accept, share', 'fleet_claim = prefer', 'accept = key')}[options]\nSigned_Port = 40617\n`,
    );
    assert.ok(result.kind === 'ok', JSON.stringify(result));
    assert.deepEqual(result.config.settings.fleet, {
      engine: 'valkeys://gw1@valkey.example.org:6380',
      name: 'gw1',
      keyFile: '/etc/bussa/fleet.key',
      membersFile: '/etc/bussa/fleet-members',
      skew: 60_000,
      group: 'bussa-fleet',
    });
    assert.deepEqual(result.config.doors[0]?.fleet, ['share', 'accept']);
    assert.equal(result.config.doors[0]?.fleetClaim, 'prefer');
  });

  test('of an older configuration may be a door', () => {
    const result = read(door().replace('[ssh]', '[fleet]'));
    assert.ok(result.kind === 'ok');
    assert.equal(result.config.settings.fleet, undefined);
    assert.deepEqual(
      result.config.doors.map(({ name }) => name),
      ['fleet'],
    );
  });

  const wrong = [
    ['[fleet]\nname = gw1\n', door(), /\[fleet\] has no Engine: add a line such as engine = /],
    ['[fleet]\nengine = unix:///run/valkey.sock\n', door(), /\[fleet\] has no Name/],
    [FLEET.replace('valkeys', 'valkey'), door(), /without TLS only an engine on this host/],
    [FLEET.replace('gw1\n', '-1\n'), door(), /"-1" is not the name of a member/],
    [`${FLEET}skew = 2h\n`, door(), /Skew is 1 second to 1 hour/],
    [`${FLEET}key = fleet.key\n`, door(), /"fleet.key" is not an absolute path: Key begins with/],
    [`${FLEET}group = a b\n`, door(), /"a b" is not a group/],
    [`${FLEET}membres = /m\n`, door(), /unknown directive "membres": did you mean Members\?/],
    [`${FLEET}sequence = 1,2\n`, door(), /"sequence" concerns one door/],
    [FLEET, door('engine = unix:///run/a'), /"engine" concerns the fleet: move it to a section \[fleet\]/],
    ['', door('fleet = share'), /Fleet without a section \[fleet\]: add one/],
    [FLEET, door('fleet = share, acept'), /"acept" means nothing here: did you mean accept\?/],
    [FLEET, door('fleet ='), /a word is missing/],
    [FLEET, door('fleet = share', 'single_use = yes'), /Fleet beside Single_Use: each member would let one/],
    [FLEET, '[a]\nsequence = 1,2\ncommand = true\nfleet = accept\n', /has no leases to share/],
    [FLEET, door('fleet = share').replace('[ssh]', `[${'ü'.repeat(33)}]`), /at most 64 bytes/],
    [
      FLEET,
      door('fleet = spread').replace('sequence =', 'one_time_sequences = /s #').replace(' #', ''),
      /fixed sequence/,
    ],
    [FLEET, door('fleet_claim = require'), /Fleet_Claim in a door that accepts no keys/],
    [FLEET, door('fleet = share', 'fleet_claim = always'), /"always" is not a value of Fleet_Claim/],
  ] as const;
  for (const [fleet, doors, words] of wrong) {
    test(`a mistake is reported: ${String(words)}`, () => {
      const told = mistakes(`${fleet}${doors}`);
      assert.ok(
        told.some((one) => words.test(one)),
        told.join('\n') || 'nothing is told',
      );
    });
  }
});
