import type { Config } from '../../core/config/file/config.ts';

/** The configuration that counts now: a reload puts another one in its place. */
export class ConfigInForce {
  #current: Config;

  constructor(config: Config) {
    this.#current = config;
  }

  get current(): Config {
    return this.#current;
  }

  replace(config: Config): void {
    this.#current = config;
  }
}
