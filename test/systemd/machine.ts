import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { C_KNOCK, C_KNOCKD } from '../lab/knockd.ts';
import type { NetService } from '../lab/net-service.ts';
import { PATIENCE_MS, type Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { BootedDebian, CLONE } from './booted-debian.ts';

export const KNOCKS = ['7311:udp', '18422:udp', '9533:udp'] as const;

/** A door at port 22. */
export const door = (openFor: number, more = '', name = 'ssh'): string => `[${name}]
  sequence = ${KNOCKS.join(',')}
  open = tcp/22
  open_for = ${openFor}
  ${more}
`;

/**
 * A Debian that runs systemd, with an echo service on port 22, and somebody who knocks:
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        systemd, knockd.service, the echo service
 */
export class Machine implements AsyncDisposable {
  readonly wire: Wire;
  readonly debian: BootedDebian;
  readonly #service: NetService;

  private constructor(wire: Wire, debian: BootedDebian, service: NetService) {
    this.wire = wire;
    this.debian = debian;
    this.#service = service;
  }

  static async create(): Promise<Machine> {
    const wire = await Wire.create();
    return new Machine(wire, await BootedDebian.boot(wire.server), await startService(wire.server, 22));
  }

  /** As README says it, from a clone. */
  static async withUnit(config: string): Promise<Machine> {
    const machine = await Machine.create();
    const { debian } = machine;
    await debian.run('ln', '-sf', `${CLONE}/bin/knockd`, `${CLONE}/bin/bussa`, '/usr/local/sbin/');
    await debian.run('cp', `${CLONE}/packaging/knockd.service`, '/etc/systemd/system/');
    debian.write('/etc/knockd.conf', config);
    await debian.run('systemctl', 'daemon-reload');
    return machine;
  }

  systemctl(...words: readonly string[]): Promise<string> {
    return this.debian.run('systemctl', ...words);
  }

  /** A property of the service. */
  async show(property: string): Promise<string> {
    const text = await this.systemctl('show', '--value', '-p', property, 'knockd.service');
    return text.trim();
  }

  /** More words in the unit, as `systemctl edit` writes them. */
  async edit(name: string, text: string): Promise<void> {
    this.debian.write(`/etc/systemd/system/knockd.service.d/${name}.conf`, text, 0o644);
    await this.systemctl('daemon-reload');
  }

  /** What the service says, from the machine's first start on. */
  journal(): Program {
    return this.debian.start('journalctl', '-u', 'knockd', '-o', 'cat', '-n', 'all', '-f');
  }

  /** Debian's knockd, written in C. */
  copyProgram(name: string): void {
    copyFileSync(C_KNOCKD, this.debian.file(name));
    chmodSync(this.debian.file(name), 0o755);
  }

  rules(): Promise<string> {
    return this.wire.server.run('nft', 'list', 'ruleset');
  }

  async knock(knocks: readonly string[] = KNOCKS): Promise<void> {
    await this.wire.client.run(C_KNOCK, '-d', '20', SERVER, ...knocks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.debian[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
  }
}

/** What systemd does by itself shows nowhere but in its answers. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  for (const deadline = performance.now() + patienceMs; !(await holds()); await delay(100))
    assert.ok(performance.now() < deadline, `waited for: ${what}`);
}
