import type { PagePlan } from './page-plan.ts';
import { urlHost } from './plan-page.ts';

/** Milliseconds between two knocks: the first one includes a DNS look-up. */
const GAP_MS = 900;

/**
 * A page small enough for a QR code, as a data: URL that a browser opens. It knocks when it is opened, and goes to the
 * service if the limit leaves room for that. `undefined`: it is too long, or needs codes.
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
