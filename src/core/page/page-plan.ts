import type { Port } from '../net/port.ts';

/** How the page comes to the ports that it knocks at. */
export type PageKnock =
  | { readonly kind: 'sequence'; readonly ports: readonly [Port, ...Port[]] }
  /** The numbers in front of the first and the last three digits; `secret`: in base32, the page makes the code itself. */
  | { readonly kind: 'code'; readonly prefixes: readonly [number, number]; readonly secret?: string };

/** A page that knocks. */
export type PagePlan = {
  /** A name or an address as the browser reaches it. */
  readonly host: string;
  readonly knock: PageKnock;
  /** The port that opens. */
  readonly port?: Port;
  /** Where to go then. */
  readonly link?: string;
};
