import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Report, readReport } from '../netns/doctor-report.ts';
import { BUSSA, KNOCKD, WorkDirectory } from './knockd.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { repository } from './scratch-clone.ts';

/** Directories of this machine that the copy may change. */
const COPIED = ['/etc', '/usr', '/var', repository];

/**
 * A machine that has neither run Bussa nor another knockd, with the programs where README has them. Packages that are
 * installed write no index of the manual pages.
 */
const FRESH = `rm -rf /var/lib/man-db/auto-update /var/lib/bussa /etc/knockd.conf /etc/default/knockd /etc/init.d/knockd /etc/logrotate.d/*knock* /etc/logrotate.d/*bussa* /etc/rc?.d/*knockd
ln -sf "$0" /usr/local/sbin/bussa; ln -sf "$1" /usr/local/sbin/knockd`;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * This machine as one may change it: a layer over its directories, an empty /run, the network namespace that is given. It
 * goes with that namespace.
 */
export class HostCopy implements AsyncDisposable {
  readonly #directory: WorkDirectory;
  readonly #keeper: Program;

  private constructor(directory: WorkDirectory, keeper: Program) {
    this.#directory = directory;
    this.#keeper = keeper;
  }

  /** `also`: further directories that it may change. */
  static async create(network: Namespace, also: readonly string[] = []): Promise<HostCopy> {
    const directory = new WorkDirectory();
    // A directory that lies in another one comes after it.
    const layers = [...also, ...COPIED].map((from, at) => {
      const layer = path.join(directory.path, 'layers', `${at}`);
      return `mkdir -p ${layer}/upper ${layer}/work
mount -t overlay -o lowerdir=${from},upperdir=${layer}/upper,workdir=${layer}/work overlay ${from}`;
    });
    mkdirSync(path.join(directory.path, 'layers'));
    const script = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs ${directory.path}/layers
${layers.join('\n')}
mount -t tmpfs tmpfs /run
${FRESH}
echo ready
exec cat`;
    const keeper = network.start(
      'unshare',
      '--mount',
      'sh',
      '-c',
      script,
      BUSSA[0] as string,
      KNOCKD[0] as string,
    );
    await keeper.saw(/^ready$/m);
    return new HostCopy(directory, keeper);
  }

  /** For a shell, as root; `place`: where this machine's own network is to be used. */
  start(command: string, place: 'inside' | 'own-network' = 'inside'): Program {
    const pid = `${this.#keeper.pid}`;
    const network = place === 'inside' ? ['-n'] : [];
    return new Program('nsenter', ['-t', pid, '-m', ...network, 'sh', '-c', command], {
      ...process.env,
      PATH,
    });
  }

  /** Runs it to its end and returns what it says; its failure is an error. */
  async run(command: string, place: 'inside' | 'own-network' = 'inside'): Promise<string> {
    await using program = this.start(command, place);
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`${command}: status ${code}: ${program.output}`);
    return program.output;
  }

  async write(file: string, text: string, mode = '600'): Promise<void> {
    const quoted = text.replaceAll("'", "'\\''");
    await this.run(
      `mkdir -p "$(dirname ${file})" && printf '%s' '${quoted}' >${file} && chmod ${mode} ${file}`,
    );
  }

  async doctor(options = ''): Promise<Report> {
    await using program = this.start(`bussa doctor --json ${options}`);
    const { code } = await program.exited;
    return readReport(program.output, code);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}
