import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Namespace } from '../lab/namespace.ts';
import { readPrinted } from '../lab/printed-commands.ts';
import { Program } from '../lab/program.ts';
import { repository } from '../lab/scratch-clone.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import type { Suite } from './bare-system.ts';
import { DebianChroot } from './chroot.ts';

const NAME = 'server.example.org';
/** Packages are fetched meanwhile. */
const PATIENCE_MS = 900_000;
const README = readPrinted('README.md');

/** The text of a block of README.md, by its section and what it is; `nth`: of several. */
export function readme(section: string, words: string, nth = 0): string {
  const blocks = (README.get(section) ?? []).filter((block) => block.words.join(' ') === words);
  return blocks[nth]?.text ?? assert.fail(`README.md has no block "${words}" number ${nth} in "${section}"`);
}

/** A bare system with ssh, and two network namespaces to be its server and its client in. */
export class NewcomerStage implements AsyncDisposable {
  readonly system: DebianChroot;
  readonly wire: Wire;

  private constructor(system: DebianChroot, wire: Wire) {
    [this.system, this.wire] = [system, wire];
  }

  static async create(suite: Suite): Promise<NewcomerStage> {
    const system = await DebianChroot.create(path.join(repository, '.cache/debian'), suite);
    const stage = new NewcomerStage(system, await Wire.create());
    // Nothing is started in the network of this machine.
    system.write('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755);
    system.append('/etc/hosts', `127.0.0.1 localhost ${hostname()}\n${SERVER} ${NAME}\n`);
    await system.run('apt-get', '-qq', 'update');
    await stage.install('openssh-server', 'openssh-client');
    const script = `mkdir -pm 755 /run/sshd; mkdir -pm 700 /root/.ssh; cd /root/.ssh
ssh-keygen -qt ed25519 -N '' -f id_ed25519; cp id_ed25519.pub authorized_keys
printf 'StrictHostKeyChecking accept-new\\n' >config`;
    await system.run('sh', '-ec', script);
    return stage;
  }

  /** What the administrator has already. */
  async install(...names: readonly string[]): Promise<void> {
    await this.system.run('apt-get', '-qq', 'install', '-y', '--no-install-recommends', ...names);
  }

  /** Where npm finds its registry here, and whom it trusts there. */
  useRegistry(): void {
    const setting = (name: string): string =>
      execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', cwd: '/' }).trim();
    const lines = [`registry=${setting('registry')}`];
    const authorities = setting('cafile');
    if (authorities !== '' && authorities !== 'null') {
      copyFileSync(authorities, this.system.file('/etc/authorities.pem'));
      lines.push('cafile=/etc/authorities.pem');
    }
    this.system.write('/root/.npmrc', `${lines.join('\n')}\n`, 0o600);
  }

  onServer(command: string): Program {
    return this.#inside(this.wire.server, command, 'sh');
  }

  onClient(command: string, shell: 'sh' | 'bash' = 'sh'): Program {
    return this.#inside(this.wire.client, command, shell);
  }

  #inside(namespace: Namespace, command: string, shell: string): Program {
    const words = this.system.command('HOME=/root', shell, '-c', `cd; ${command}`);
    return new Program('nsenter', [`--net=/run/netns/${namespace.name}`, ...words]);
  }

  async finish(program: Program): Promise<string> {
    await using running = program;
    assert.equal((await running.exited).code, 0, running.output);
    return running.output;
  }

  /**
   * Types the command at a terminal, in the network of this machine, from which packages come, and answers the questions:
   * Enter for all but the name of the host. Returns the knocks that it has printed.
   */
  async answerInit(command: string): Promise<string> {
    const quoted = this.system.command('HOME=/root', 'sh', '-ec', command).map(quote).join(' ');
    await using session = new Program('script', ['-qec', quoted, '/dev/null']);
    const answer = async (question: RegExp, text: string): Promise<void> => {
      const wanted = new RegExp(`${question.source}|ontinue\\? \\[Y/n\\] `, 'g');
      let seen = session.count(wanted);
      for (;;) {
        const [found] = await session.saw(new RegExp(wanted.source), seen + 1, PATIENCE_MS);
        if (question.test(found)) break;
        seen++;
        session.write('\r');
      }
      session.write(`${text}\r`);
    };
    await answer(/Which port should be hidden\? \[tcp\/22\]: /, '');
    await answer(/How long .*\[60\]: /, '');
    await answer(/By which name or address .*: /, NAME);
    await answer(/Write \/etc\/knockd\.conf\? \[Y\/n\]: /, '');
    assert.equal((await session.exited).code, 0, session.output);
    const printed = new RegExp(`^ {4}knock -d 100 ${NAME} ([0-9 ]+?)\\r?$`, 'm').exec(session.output);
    return printed?.[1] ?? assert.fail(session.output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.system[Symbol.asyncDispose]();
    await this.wire[Symbol.asyncDispose]();
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
