import type { Port } from '../net/port.ts';

/** How the page gets the ports that it knocks on. */
export type PageKnock =
  | { readonly kind: 'sequence'; readonly ports: readonly [Port, ...Port[]] }
  /**
   * The prefixes of the first and the last three digits; `secret`: in base32, with which the page computes the code
   * itself.
   */
  | { readonly kind: 'code'; readonly prefixes: readonly [number, number]; readonly secret?: string };

/** A page that knocks. */
export type PagePlan = {
  /** A name or an address that the browser can reach. */
  readonly host: string;
  readonly knock: PageKnock;
  /** The port that opens. */
  readonly port?: Port;
  /** The address to open afterwards. */
  readonly link?: string;
};
