import type { PortOpening } from '../../core/door/port-opening.ts';

/** The door to create. */
export type InitRequest = {
  readonly configFile: string;
  readonly door: string;
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** In the configuration's form: `60` or `10m`. */
  readonly openFor: string;
  readonly knocks: number;
  /** The name or address under which the host is reached from outside. */
  readonly host: string;
  /** An existing file may be moved aside. */
  readonly force: boolean;
  /** A page that knocks, and the address that it opens afterwards. */
  readonly page?: { readonly file: string; readonly link?: string };
};
