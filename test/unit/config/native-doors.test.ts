import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/core/config/file/parse-config.ts';
import { renderAdmission } from '../../../src/core/door/admission.ts';
import type { DoorSpec } from '../../../src/core/door/door.ts';
import { renderPortOpening } from '../../../src/core/door/port-opening.ts';
import { bytesOf, complaints, configOf, doorOf, FILE } from './config-text.ts';

const door = (lines: string): DoorSpec => doorOf(`[door]\nsequence = 1,2\n${lines}\n`);
const settings = (lines: string): object => configOf(`[options]\n${lines}\n[door]\nsequence=1\n`).settings;

describe('a door that opens ports', () => {
  const ports = (value: string): readonly string[] | undefined =>
    door(`open = ${value}`).opening.ports?.map(renderPortOpening);

  it('reads the firewall door of the manual', () => {
    const { opening } = door('open = tcp/22, udp/51820\nopen_for = 60');
    assert.deepEqual(opening, {
      kind: 'command',
      ports: [
        { protocol: 'tcp', first: 22, last: 22, path: 'input' },
        { protocol: 'udp', first: 51_820, last: 51_820, path: 'input' },
      ],
      commands: { 4: {}, 6: {} },
      cmdTimeout: 60_000,
    });
  });
  it('Open: ports, ranges and the forward path, any case, blanks anywhere', () => {
    assert.deepEqual(ports('tcp/8000-8010'), ['tcp/8000-8010']);
    assert.deepEqual(ports('tcp/8080 forward'), ['tcp/8080 forward']);
    assert.deepEqual(ports(' TCP / 22 ,udp/5 - 9\tFORWARD '), ['tcp/22', 'udp/5-9 forward']);
    assert.deepEqual(ports('tcp/1-65535, udp/65535'), ['tcp/1-65535', 'udp/65535']);
    assert.deepEqual(ports('tcp/22-22'), ['tcp/22']);
  });
  it('Open: the same number of the other protocol or on the other path is another port', () => {
    assert.deepEqual(ports('tcp/53, udp/53, tcp/53 forward, tcp/52, tcp/54-60')?.length, 5);
  });
  it('Open: twice, both count', () => {
    const result = parseConfig(FILE, bytesOf('[a]\nsequence=1\nopen=tcp/1\nopen=tcp/2\n'));
    assert.ok(result.kind === 'ok' && result.warnings.length === 1);
    assert.equal(result.config.doors[0]?.opening.ports?.length, 2);
  });
  it('stands beside commands', () => {
    const { opening } = door('open = tcp/22\ncommand = a\nstop_command = b\ncmd_timeout = 7');
    assert.deepEqual(opening.commands[6], { start: 'a', stop: 'b' });
    assert.equal(opening.cmdTimeout, 7_000);
    assert.equal(opening.ports?.length, 1);
  });
  it('Open_For: seconds, or a number with a unit', () => {
    const times = {
      60: 60,
      '90s': 90,
      '10m': 600,
      '2H': 7_200,
      '1d': 86_400,
      '007m': 420,
      '24855d': 2_147_472_000,
    };
    for (const [text, seconds] of Object.entries(times)) {
      assert.equal(door(`open_for = ${text}`).opening.cmdTimeout, seconds * 1000, text);
    }
  });
  it('Single_Use, Hold and Close_Kills: yes, and absent if no, alone and together', () => {
    const narrowed = (lines: string): object => {
      const { kind, ports: _, commands, cmdTimeout, ...rest } = door(`open = tcp/22\n${lines}`).opening;
      return rest;
    };
    assert.deepEqual(narrowed(''), {});
    assert.deepEqual(narrowed('single_use = yes'), { singleUse: true });
    assert.deepEqual(narrowed('hold = YES'), { hold: true });
    assert.deepEqual(narrowed('close_kills = yes'), { closeKills: true });
    assert.deepEqual(narrowed('single_use = no\nhold = no\nclose_kills = no'), {});
    assert.deepEqual(narrowed('lease_prefix6 = 64'), { leasePrefix6: 64 });
    assert.deepEqual(narrowed('lease_prefix6 = 128'), {});
    const all = { singleUse: true, hold: true, closeKills: true };
    assert.deepEqual(narrowed('single_use = yes\nhold = yes\nclose_kills = yes'), all);
  });
});

describe('bounds and limits of a door', () => {
  it('Allow and Deny: networks and addresses of both families', () => {
    const spec = door('allow = 192.0.2.0/24, 2001:DB8::/32\ndeny = 192.0.2.9');
    assert.equal(renderAdmission(spec), 'allow 192.0.2.0/24,2001:db8::/32 deny 192.0.2.9');
    assert.equal('allow' in door(''), false);
    assert.equal('deny' in door('allow = ::1'), false);
    // Packets never come from a mapped address: such a list would deny nobody.
    const mapped = door('allow = ::ffff:192.0.2.0/120, ::ffff:0:0/96\ndeny = ::FFFF:192.0.2.9');
    assert.equal(renderAdmission(mapped), 'allow 0.0.0.0/0,192.0.2.0/24 deny 192.0.2.9');
    assert.equal(door('target = ::ffff:192.0.2.8').target, '192.0.2.8');
  });
  it('Max_Leases: a number', () => {
    assert.equal(door('open = tcp/1\nmax_leases = 1').maxLeases, 1);
    assert.equal(door('stop_command = b\ncommand = a\nmax_leases = 1048576').maxLeases, 1_048_576);
    assert.equal('maxLeases' in door('open = tcp/1'), false);
  });
  it('Cooldown: a time; 0 is none', () => {
    assert.equal(door('command = a\ncooldown = 30s').cooldown, 30_000);
    assert.equal('cooldown' in door('command = a\ncooldown = 0'), false);
  });
  it('two doors with the same knocks for different people are no mistake', () => {
    const two = '[a]\nsequence=1\nallow=192.0.2.1\n[b]\nsequence=1\nallow=192.0.2.2\n';
    assert.deepEqual(complaints(two), []);
  });
});

describe('options of the firewall', () => {
  it('Firewall: one of three, any case', () => {
    for (const choice of ['nftables', 'iptables', 'auto']) {
      assert.deepEqual(settings(`Firewall = ${choice.toUpperCase()}`), {
        useSyslog: false,
        firewall: choice,
      });
    }
  });
  it('Attach: chains of nftables', () => {
    const input = { family: 'inet', table: 'filter', chain: 'input' };
    const forward = { family: 'ip6', table: 'my-fw', chain: 'FWD_1' };
    assert.deepEqual(settings('attach = inet filter input'), { useSyslog: false, attach: [input] });
    const both = { useSyslog: false, firewall: 'auto', attach: [input, forward] };
    assert.deepEqual(settings('attach = inet filter  input,ip6\tmy-fw FWD_1\nfirewall = auto'), both);
  });
  it('Control_Group: a name or a number', () => {
    for (const group of ['adm', 'knock-ops_2', '4']) {
      assert.deepEqual(settings(`control_group = ${group}`), { useSyslog: false, controlGroup: group });
    }
  });
  it('On_Exit: open or keep', () => {
    assert.deepEqual(settings('on_exit = keep'), { useSyslog: false, onExit: 'keep' });
    assert.deepEqual(settings('on_exit = Open'), { useSyslog: false, onExit: 'open' });
  });
});

it('examples/native-ssh.conf opens what it says', () => {
  const file = new URL('../../../examples/native-ssh.conf', import.meta.url);
  const { settings: all, doors } = configOf(readFileSync(file));
  assert.equal(all.firewall, 'auto');
  assert.deepEqual(
    doors.map(({ name, opening }) => [name, opening.ports?.map(renderPortOpening).join(', ')]),
    [
      ['ssh', 'tcp/22'],
      ['web', 'tcp/443, tcp/8080 forward'],
    ],
  );
});
