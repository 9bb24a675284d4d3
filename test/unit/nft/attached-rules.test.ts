import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AttachedChain, renderAttachedRules } from '../../../src/core/nft/attached-rules.ts';
import { renderRemoval } from '../../../src/core/nft/removal.ts';
import { gate, grant } from './nft-gates.ts';

const anchor = (
  family: 'inet' | 'ip' | 'ip6',
  chain: string,
  path: AttachedChain['path'],
): AttachedChain => ({
  point: { family, table: 'filter', chain },
  path,
});

describe('the rules in another table', () => {
  test('is sets, a chain, and one rule at the front of the owner’s; it closes nothing, and lets in past a redirection', () => {
    const text = renderAttachedRules(
      [anchor('inet', 'input', 'input')],
      [gate('ssh', 'tcp/22'), gate('web', 'tcp/8080 forward')],
      [grant('ssh', '192.0.2.7')],
    );
    assert.deepEqual(text, [
      'add set inet filter bussa_ssh_4 { type ipv4_addr; flags timeout; }',
      'add set inet filter bussa_ssh_6 { type ipv6_addr; flags timeout; }',
      'add set inet filter bussa_web_4 { type ipv4_addr; flags timeout; }',
      'add set inet filter bussa_web_6 { type ipv6_addr; flags timeout; }',
      'add chain inet filter bussa_input',
      'add rule inet filter bussa_input tcp dport 22 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add rule inet filter bussa_input tcp dport 22 ip6 saddr @bussa_ssh_6 accept comment "ssh"',
      'add rule inet filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 22 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add rule inet filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 22 ip6 saddr @bussa_ssh_6 accept comment "ssh"',
      'add rule inet filter bussa_input tcp dport 8080 ip saddr @bussa_web_4 accept comment "web"',
      'add rule inet filter bussa_input tcp dport 8080 ip6 saddr @bussa_web_6 accept comment "web"',
      'add rule inet filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 8080 ip saddr @bussa_web_4 accept comment "web"',
      'add rule inet filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 8080 ip6 saddr @bussa_web_6 accept comment "web"',
      'add element inet filter bussa_ssh_4 { 192.0.2.7 timeout 1m }',
      'insert rule inet filter input jump bussa_input',
    ]);
  });

  test('in tables of one family each has what concerns it, and a table of two chains has its sets once', () => {
    const text = renderAttachedRules(
      [anchor('ip', 'input', 'input'), anchor('ip', 'fwd', 'forward'), anchor('ip6', 'input', 'input')],
      [gate('ssh', 'tcp/22, tcp/80 forward')],
      [grant('ssh', '2001:db8::7'), grant('ssh', '192.0.2.7')],
    );
    assert.deepEqual(text, [
      'add set ip filter bussa_ssh_4 { type ipv4_addr; flags timeout; }',
      'add set ip6 filter bussa_ssh_6 { type ipv6_addr; flags timeout; }',
      'add chain ip filter bussa_input',
      'add rule ip filter bussa_input tcp dport { 22, 80 } ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add rule ip filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 22 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add rule ip filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 80 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add chain ip filter bussa_forward',
      'add rule ip filter bussa_forward meta l4proto tcp ct direction original ct original proto-dst 80 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add rule ip filter bussa_forward ct state untracked tcp dport 80 ip saddr @bussa_ssh_4 accept comment "ssh"',
      'add chain ip6 filter bussa_input',
      'add rule ip6 filter bussa_input tcp dport { 22, 80 } ip6 saddr @bussa_ssh_6 accept comment "ssh"',
      'add rule ip6 filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 22 ip6 saddr @bussa_ssh_6 accept comment "ssh"',
      'add rule ip6 filter bussa_input meta l4proto tcp ct direction original ct original proto-dst 80 ip6 saddr @bussa_ssh_6 accept comment "ssh"',
      'add element ip6 filter bussa_ssh_6 { 2001:db8::7 timeout 1m }',
      'add element ip filter bussa_ssh_4 { 192.0.2.7 timeout 1m }',
      'insert rule ip filter input jump bussa_input',
      'insert rule ip filter fwd jump bussa_forward',
      'insert rule ip6 filter input jump bussa_input',
    ]);
  });

  test('in a table of iptables asks conntrack nothing, which that could not list any more', () => {
    const text = renderAttachedRules(
      [anchor('ip', 'INPUT', 'input')],
      [{ ...gate('ssh', 'tcp/22'), hold: true, closeKills: true }],
      [],
    );
    assert.deepEqual(
      text.filter((line) => line.startsWith('add rule')),
      ['add rule ip filter bussa_input tcp dport 22 ip saddr @bussa_ssh_4 accept comment "ssh"'],
    );
  });

  test('is taken away from the outside in: rules, chains, sets', () => {
    const guest = {
      tableName: 'inet filter',
      chains: ['bussa_input', 'bussa_forward'],
      sets: ['bussa_ssh_4'],
      jumps: [{ chain: 'input', handle: 12 }],
    };
    assert.deepEqual(renderRemoval({ ownTable: true, attached: [guest] }), [
      'delete table inet bussa',
      'delete rule inet filter input handle 12',
      'flush chain inet filter bussa_input',
      'flush chain inet filter bussa_forward',
      'delete chain inet filter bussa_input',
      'delete chain inet filter bussa_forward',
      'delete set inet filter bussa_ssh_4',
    ]);
    assert.deepEqual(renderRemoval({ ownTable: false, attached: [] }), []);
  });
});
