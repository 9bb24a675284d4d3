import type { Config } from '../../core/config/file/config.ts';
import { fingerprintsOf } from '../../core/users/user-directory.ts';
import type { Authority } from './authority.ts';

/** The current configuration. A reload replaces it. */
export class ConfigInForce {
  #current: Config;
  #authority: Authority | undefined;

  constructor(config: Config, authority?: Authority) {
    this.#current = config;
    this.#authority = authority;
  }

  get current(): Config {
    return this.#current;
  }

  /** Undefined if no door accepts a proof that names a user. */
  get authority(): Authority | undefined {
    return this.#authority;
  }

  /** Revokes a user, or one credential of the user: a fingerprint, or `code`. False: the user is not known. */
  revoke(user: string, key?: string): boolean {
    const authority = this.#authority;
    const known = authority?.users.find(user);
    if (authority === undefined || known === undefined) return false;
    const credential = key === 'code' ? known.code?.fingerprint : key;
    if (key !== undefined && !fingerprintsOf(known).includes(credential ?? '')) return false;
    this.#authority = { ...authority, users: authority.users.without(user, credential) };
    return true;
  }

  replace(config: Config, authority: Authority | undefined): void {
    this.#current = config;
    this.#authority = authority;
  }
}
