import type { PortOpening } from '../../core/door/port-opening.ts';

/** A door to make. */
export type InitRequest = {
  readonly configFile: string;
  readonly door: string;
  readonly ports: readonly [PortOpening, ...PortOpening[]];
  /** As the configuration takes it: `60` or `10m`. */
  readonly openFor: string;
  readonly knocks: number;
  /** By which name or address the host is reached from outside. */
  readonly host: string;
  /** Another file may be put aside for it. */
  readonly force: boolean;
  /** A page that knocks, and where it goes then. */
  readonly page?: { readonly file: string; readonly link?: string };
};
