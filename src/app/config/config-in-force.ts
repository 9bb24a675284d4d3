import type { Config } from '../../core/config/file/config.ts';
import { fingerprintsOf } from '../../core/users/user-directory.ts';
import type { Authority } from './authority.ts';
import type { FleetIdentity } from './fleet-identity.ts';

/** The current configuration. A reload replaces it. */
export class ConfigInForce {
  #current: Config;
  #authority: Authority | undefined;
  #fleet: FleetIdentity | undefined;

  constructor(config: Config, authority?: Authority, fleet?: FleetIdentity) {
    this.#current = config;
    this.#authority = authority;
    this.#fleet = fleet;
  }

  get current(): Config {
    return this.#current;
  }

  /** Undefined if no door accepts a proof that names a user. */
  get authority(): Authority | undefined {
    return this.#authority;
  }

  /** Undefined if the configuration has no fleet. */
  get fleet(): FleetIdentity | undefined {
    return this.#fleet;
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

  replace(config: Config, authority: Authority | undefined, fleet: FleetIdentity | undefined): void {
    this.#current = config;
    this.#authority = authority;
    this.#fleet = fleet;
  }
}
