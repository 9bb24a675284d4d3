import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Link } from '../lab/delayed-wire.ts';
import { WorkDirectory } from '../lab/knockd.ts';
import type { Program } from '../lab/program.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { BUSSA } from './up-fixture.ts';

export const SSHD = '/usr/sbin/sshd';

export const SSH_DOOR = `[ssh]
  sequence    = 7000,8000:udp,9000
  seq_timeout = 5
  tcpflags    = syn
  open        = tcp/22
  open_for    = 20
`;

export const PROFILE = `Host box
  HostName ${SERVER}
  Port 22
  Knock 7000 8000:udp 9000
  Delay 20ms
`;

/** A wire, a real sshd on port 22 of the server, and what a client's home has. */
export class ClientFixture implements AsyncDisposable {
  readonly wire: Link;
  readonly directory = new WorkDirectory();
  readonly hosts: string;

  protected constructor(wire: Link) {
    this.wire = wire;
    this.hosts = this.directory.file('hosts.conf', PROFILE);
  }

  static async create(link?: Link): Promise<ClientFixture> {
    return new ClientFixture(link ?? (await Wire.create()));
  }

  /** sshd, which lets this user in with the key of the directory. */
  async startSshd(): Promise<Program> {
    const { directory, wire } = this;
    for (const name of ['host-key', 'key']) {
      await wire.server.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', directory.file(name));
    }
    const words = [
      'Port 22',
      `HostKey ${directory.file('host-key')}`,
      `AuthorizedKeysFile ${directory.file('key')}.pub`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PermitRootLogin yes',
    ];
    // Its service makes it otherwise.
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const sshd = wire.server.start(SSHD, '-D', '-e', '-f', directory.file('sshd_config', words.join('\n')));
    await sshd.saw(/Server listening on :: port 22/);
    return sshd;
  }

  /** The daemon that hides port 22. */
  async startDaemon(config = SSH_DOOR, ...options: readonly string[]): Promise<Program> {
    const { directory, wire } = this;
    const file = directory.file('knockd.conf', config);
    const daemon = wire.server.start(BUSSA, 'up', '-c', file, '--state', directory.path, ...options);
    await daemon.saw(/listening on .*\.\.\.\n/);
    return daemon;
  }

  bussa(...args: readonly string[]): Program {
    return this.wire.client.start(BUSSA, ...args);
  }

  /** ssh with this ProxyCommand, and what it runs at the other end. */
  ssh(proxy: string, host: string, ...command: readonly string[]): Program {
    const { directory, wire } = this;
    const options = [
      `ProxyCommand=${proxy}`,
      `UserKnownHostsFile=${directory.file('known-hosts')}`,
      'StrictHostKeyChecking=no',
      'BatchMode=yes',
      'LogLevel=ERROR',
      `IdentityFile=${directory.file('key')}`,
      'IdentitiesOnly=yes',
    ];
    const words = options.flatMap((option) => ['-o', option]);
    return wire.client.start('ssh', '-F', 'none', ...words, `${userInfo().username}@${host}`, ...command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]();
    this.directory[Symbol.dispose]();
  }
}
