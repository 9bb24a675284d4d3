// The unit's walls by systemd's own judgement.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { suite, test } from 'node:test';
import { repository } from '../lab/scratch-clone.ts';

const UNIT = path.join(repository, 'packaging/knockd.service');
const WEB = path.join(repository, 'packaging/bussa-web.service');
const FLEET = path.join(repository, 'packaging/bussa-fleet.service');
const COMMANDS = path.join(repository, 'packaging/knockd-commands.conf');

/** In tenths: 22 is an exposure of 2.2. With IPAddressDeny=any, which would drop replies to signed knocks, it is 2.0. */
const MAX_EXPOSURE = 22;

function analyze(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

suite('the sandbox of the systemd unit', () => {
  test('firewall doors: an exposure of 2.2 or lower', () => {
    const { status, output } = analyze('security', '--offline=yes', `--threshold=${MAX_EXPOSURE}`, UNIT);
    assert.equal(status, 0, output);
    const [, exposure] = /Overall exposure level for knockd\.service: ([0-9.]+)/.exec(output) ?? [];
    assert.ok(Number(exposure) <= MAX_EXPOSURE / 10, output);
  });

  test('the page: an exposure of 1.5 or lower, and systemd finds no fault with its units', () => {
    const { status, output } = analyze('security', '--offline=yes', '--threshold=15', WEB);
    assert.equal(status, 0, output);
    const directory = mkdtempSync(path.join(tmpdir(), 'bussa-unit-'));
    try {
      const units = ['bussa-web.service', 'bussa-web.socket'].map((name) => {
        const text = readFileSync(path.join(repository, 'packaging', name), 'utf8');
        const file = path.join(directory, name);
        writeFileSync(file, text.replace('/usr/local/bin/bussa', `${repository}/bin/bussa`));
        return file;
      });
      assert.deepEqual(analyze('verify', '--man=no', ...units), { status: 0, output: '' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('the carrier of a fleet: an exposure of 2.0 or lower, and systemd finds no fault with its unit', () => {
    const { status, output } = analyze('security', '--offline=yes', '--threshold=20', FLEET);
    assert.equal(status, 0, output);
    const directory = mkdtempSync(path.join(tmpdir(), 'bussa-unit-'));
    try {
      const file = path.join(directory, 'bussa-fleet.service');
      const text = readFileSync(FLEET, 'utf8');
      writeFileSync(file, text.replace('/usr/local/bin/bussa', `${repository}/bin/bussa`));
      assert.deepEqual(analyze('verify', '--man=no', file), { status: 0, output: '' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('the file for commands opens what they need, and systemd finds no fault with both', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'bussa-unit-'));
    try {
      const unit = path.join(directory, 'knockd.service');
      const program = `ExecStart=${repository}/bin/knockd`;
      writeFileSync(unit, readFileSync(UNIT, 'utf8').replace('ExecStart=/usr/local/sbin/knockd', program));
      mkdirSync(`${unit}.d`);
      copyFileSync(COMMANDS, path.join(`${unit}.d`, 'knockd-commands.conf'));
      assert.deepEqual(analyze('verify', '--man=no', unit), { status: 0, output: '' });
      const { output } = analyze('security', '--offline=yes', unit);
      for (const open of ['NoNewPrivileges', 'CapabilityBoundingSet=~CAP_SYS_MODULE', 'PrivateTmp']) {
        assert.match(output, new RegExp(`^✗ ${RegExp.escape(open)}`, 'm'));
      }
      for (const shut of [
        'CapabilityBoundingSet=~CAP_SYS_ADMIN',
        'CapabilityBoundingSet=~CAP_SYS_PTRACE',
        'RestrictNamespaces=~user',
      ]) {
        assert.match(output, new RegExp(`^✓ ${RegExp.escape(shut)}`, 'm'));
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
