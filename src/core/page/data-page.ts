import type { PagePlan } from './page-plan.ts';
import { urlHost } from './plan-page.ts';

/** Between two knocks, in ms: the name of the host has to be looked up for the first one. */
const GAP_MS = 900;

/**
 * A page as small as a QR code wants it, as an address that a browser opens: it knocks when it is opened, and goes to the
 * service where the limit leaves room. `undefined`: it has more bytes than that, or codes.
 */
export function renderDataPage({ host, knock, link }: PagePlan, limit: number): string | undefined {
  if (knock.kind !== 'sequence') return undefined;
  const socket = `new WebSocket("wss://${urlHost(host)}:"+p)`;
  const knocks = `for(let p of[${knock.ports.join()}]){let w=${socket};await new Promise(r=>setTimeout(r,${GAP_MS}));w.close()}`;
  const render = (end: string): string => `data:text/html,<script type=module>${knocks}${end}</script>`;
  const said = 'document.write("Knocked")';
  const goes = link === undefined || !/^https?:/.test(link) ? said : `location=${JSON.stringify(link)}`;
  return [render(goes), render(said), render('')].find((text) => text.length <= limit);
}
