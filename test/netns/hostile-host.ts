import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stateName } from '../../src/app/state/open-state.ts';
import type { Row } from '../lab/pairwise.ts';

/** What of the host may be other than a program would have it. */
export const HOSTS = {
  user: ['root', 'anybody', 'anybody who may hear packets'],
  state: [
    'usable',
    "root's",
    'not listed',
    'read-only',
    'missing',
    'full',
    'a file',
    'a link to nowhere',
    'mode 000',
  ],
  config: [
    'usable',
    "root's",
    'read-only',
    'missing',
    'full',
    'a directory',
    'a link to nowhere',
    'mode 000',
  ],
  doors: ['that run commands', 'that open ports', 'that only log'],
  paths: ['whole', 'relative'],
  dev: ['usual', 'empty'],
  files: ['enough', 'few'],
  proc: ['usual', 'not mounted', 'hidepid=2'],
  home: ['usual', 'not set', 'missing'],
  temporary: ['usual', 'missing'],
  cwd: ['usual', 'removed'],
  stdin: ['empty', 'closed'],
  stdout: ['read', 'full', 'closed', 'its reader has gone'],
} as const;

export type Host = Row<typeof HOSTS>;

export const USUAL: Host = {
  user: 'root',
  state: 'usable',
  config: 'usable',
  doors: 'that run commands',
  paths: 'whole',
  dev: 'usual',
  files: 'enough',
  proc: 'usual',
  home: 'usual',
  temporary: 'usual',
  cwd: 'usual',
  stdin: 'empty',
  stdout: 'read',
};

export type Ending = { readonly status: number | 'too long'; readonly said: string; readonly log: string };

const ANYBODY = 1000;
const KNOCK = '[ssh]\n  sequence = 7000,8000:udp,9000\n  tcpflags = syn\n';
const DOORS = {
  'that run commands': '  start_command = /bin/true %IP%\n',
  'that open ports': '  open = tcp/22\n',
  'that only log': '',
};

/** A program has come to its end by then, however busy the machine is. */
const BOUND_MS = 60_000;
const LOOK_MS = 20;

/** Where a program meets the host, each file in it as the host has it. */
export class HostileHost {
  readonly #host: Host;
  readonly #place: string;

  /** `place`: a directory of its own, which others may enter. */
  constructor(host: Host, place: string) {
    this.#host = host;
    this.#place = place;
    mkdirSync(place, { mode: 0o755 });
    mkdirSync(join(place, 'log'));
    mkdirSync(join(place, 'etc'));
    mkdirSync(join(place, 'home'));
    for (const name of ['log', 'etc', 'home']) this.#give(join(place, name));
    this.#makeState();
    this.#makeConfig();
  }

  /** As the program is told it. */
  get state(): string {
    return this.#told(this.#host.state === 'missing' ? 'no/such/state' : 'state');
  }

  get config(): string {
    return this.#told('etc/knockd.conf');
  }

  get log(): string {
    return join(this.#place, 'log/knockd.log');
  }

  /** Runs the program to its end; one that listens is ended by SIGTERM. */
  async run(command: readonly string[]): Promise<Ending> {
    const stdout = { read: 'pipe', closed: 'ignore', 'its reader has gone': 'pipe' } as const;
    const { stdout: kind } = this.#host;
    const child = spawn('unshare', ['-mnpf', '--mount-proc', 'sh', '-c', this.#script, 'sh', ...command], {
      stdio: ['ignore', kind === 'full' ? openSync('/dev/full', 'w') : stdout[kind], 'pipe'],
      env: this.#environment,
    });
    if (kind === 'its reader has gone') child.stdout?.destroy();
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const ended = new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
    const status = await this.#ending(child, ended, () => said);
    return { status, said, log: this.#readLog() };
  }

  async #ending(
    child: ChildProcess,
    ended: Promise<number>,
    said: () => string,
  ): Promise<number | 'too long'> {
    const deadline = performance.now() + BOUND_MS;
    let isTold = false;
    for (;;) {
      const status = await Promise.race([ended, delay(LOOK_MS, undefined)]);
      if (status !== undefined) return status;
      if (performance.now() > deadline) {
        signal(child, 'SIGKILL');
        return 'too long';
      }
      if (isTold || !/listening on/.test(said() + this.#readLog())) continue;
      isTold = true;
      signal(child, 'SIGTERM');
    }
  }

  #told(path: string): string {
    return this.#host.paths === 'whole' ? join(this.#place, path) : path;
  }

  #readLog(): string {
    try {
      return readFileSync(this.log, 'utf8');
    } catch {
      return '';
    }
  }

  /** What root prepares, and then the program in the place of the shell. */
  get #script(): string {
    const { state, config, proc, cwd, dev, files, stdin, stdout, user } = this.#host;
    const etc = join(this.#place, 'etc');
    const lines = ['set -e', 'ip link set lo up'];
    if (state === 'read-only') lines.push(readOnly(join(this.#place, 'state')));
    if (config === 'read-only') lines.push(readOnly(etc));
    if (state === 'full') lines.push(full(join(this.#place, 'state')));
    if (config === 'full')
      lines.push(`cp ${etc}/knockd.conf ${etc}.copy`, full(etc, `cp ${etc}.copy ${etc}/knockd.conf`));
    if (dev === 'empty') lines.push('mount -t tmpfs -o size=64k tmpfs /dev');
    lines.push(`cd ${this.#place}`);
    if (cwd === 'removed') lines.push(`mkdir ${this.#place}/gone`, `cd ${this.#place}/gone`, 'rmdir ../gone');
    if (proc === 'hidepid=2') lines.push('mount -o remount,hidepid=2 /proc');
    if (proc === 'not mounted') lines.push('while umount -l /proc 2>/dev/null; do :; done');
    const caps = user === 'anybody' ? '-all' : '-all,+net_raw';
    const as = `setpriv --reuid ${ANYBODY} --regid ${ANYBODY} --clear-groups --inh-caps ${caps} --ambient-caps ${caps}`;
    if (files === 'few') lines.push('ulimit -n 32');
    const closed = `${stdin === 'closed' ? ' <&-' : ''}${stdout === 'closed' ? ' >&-' : ''}`;
    lines.push(`exec ${user === 'root' ? '' : as} "$@"${closed}`);
    return lines.join('\n');
  }

  get #environment(): NodeJS.ProcessEnv {
    const { home, temporary } = this.#host;
    const { HOME: _, TMPDIR: __, ...others } = process.env;
    const homes = {
      usual: { HOME: join(this.#place, 'home') },
      'not set': {},
      missing: { HOME: '/no/home' },
    };
    return { ...others, ...homes[home], ...(temporary === 'missing' ? { TMPDIR: '/no/tmp' } : {}) };
  }

  #makeState(): void {
    const path = join(this.#place, 'state');
    switch (this.#host.state) {
      case 'missing':
        return;
      case 'a file':
        writeFileSync(path, '');
        return;
      case 'a link to nowhere':
        symlinkSync('/no/such/place', path);
        return;
      default:
        mkdirSync(path, { mode: this.#host.state === 'not listed' ? 0o711 : 0o700 });
        if (this.#host.state === 'not listed') {
          const own = join(path, stateName(join(this.#place, 'etc/knockd.conf'), undefined));
          mkdirSync(own, { mode: 0o700 });
          this.#give(own);
          return;
        }
        if (this.#host.state !== "root's") this.#give(path);
        if (this.#host.state === 'mode 000') chmodSync(path, 0);
    }
  }

  #makeConfig(): void {
    const path = join(this.#place, 'etc/knockd.conf');
    switch (this.#host.config) {
      case 'missing':
        return;
      case 'a directory':
        mkdirSync(path);
        return;
      case 'a link to nowhere':
        symlinkSync('/no/such/place', path);
        return;
      default:
        writeFileSync(path, KNOCK + DOORS[this.#host.doors], { mode: 0o600 });
        if (this.#host.config !== "root's") this.#give(path);
        if (this.#host.config === 'mode 000') chmodSync(path, 0);
    }
  }

  #give(path: string): void {
    if (this.#host.user !== 'root') chownSync(path, ANYBODY, ANYBODY);
  }
}

const readOnly = (path: string): string => `mount --bind ${path} ${path} && mount -o remount,bind,ro ${path}`;

/** A disk of its own, without a free byte. */
function full(path: string, first = ':'): string {
  const fill = `{ cat /dev/zero > ${path}/filling || :; } 2>/dev/null`;
  const keep = `o=$(stat -c %u:%g ${path})`;
  return `${keep}; mount -t tmpfs -o size=64k,mode=700 tmpfs ${path}; ${first}; ${fill}; chown -R $o ${path}`;
}

/** The program is the first process of its namespace, and so the only child of unshare(1). */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (first) process.kill(Number(first), name);
  } catch {
    // It has just ended.
  }
}
