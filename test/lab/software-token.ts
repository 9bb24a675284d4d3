import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Scratch } from './child-module.ts';

/** SSH_SK_VERSION_MAJOR of OpenSSH 8.9, 9.0 to 10, and the next. */
const VERSIONS = ['0x00090000', '0x000a0000', '0x000b0000'] as const;

/** What the person does when the token blinks. */
export type Gesture = 'touch' | 'nothing' | 'pin' | 'absent';

/** A security key in software: a provider that OpenSSH's own programs load, as they would libfido2's. */
export class SoftwareToken {
  readonly provider: string;
  readonly #state: string;
  readonly #scratch: Scratch;

  constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.#state = scratch.file('token-state');
    this.provider = scratch.file('token.so');
    this.will('touch');
    const version = VERSIONS.find((one) => this.#build(one));
    assert.ok(version !== undefined, 'this ssh-keygen takes none of the versions of the interface');
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, SSH_SK_PROVIDER: this.provider };
  }

  will(gesture: Gesture): void {
    writeFileSync(this.#state, `${gesture}\n`);
  }

  /** `ssh-keygen -t type` with these options. */
  makeKey(type: 'ed25519-sk' | 'ecdsa-sk', file: string, ...options: readonly string[]): void {
    const words = ['-q', '-N', '', '-C', path.basename(file), '-t', type, '-w', this.provider, '-f', file];
    execFileSync('ssh-keygen', [...words, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #build(version: string): boolean {
    const source = path.join(import.meta.dirname, 'software-token.c');
    const defines = [`-DAPI_VERSION=${version}`, `-DSTATE="${this.#state}"`];
    execFileSync('gcc', ['-shared', '-fPIC', '-w', ...defines, '-o', this.provider, source, '-lcrypto']);
    const file = this.#scratch.file(`probe-${version}`);
    const words = ['-q', '-N', '', '-t', 'ed25519-sk', '-w', this.provider, '-f', file];
    return spawnSync('ssh-keygen', words, { stdio: 'ignore' }).status === 0;
  }
}
