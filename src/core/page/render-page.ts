import { renderPaddedBase64 } from '../bytes/base64.ts';
import type { Ciphers } from '../cipher/ciphers.ts';
import { portsBrowsersRefuse } from '../net/browser-ports.ts';
import type { PageKnock, PagePlan } from './page-plan.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { urlHost } from './plan-page.ts';

/** The page as a single file that loads nothing: style and script are inline, and allowed only by their hashes. */
export function renderPage(plan: PagePlan, ciphers: Ciphers): string {
  const { host, knock } = plan;
  const title = `Knock at ${escapeHtml(host)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy(plan, ciphers))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${escapeHtml(purpose(plan))}</p>
<form id="form" autocomplete="off">
${knock.kind === 'code' ? CODE_FIELD : ''}<button id="knock" type="submit" disabled>Knock</button>
</form>
<p id="status" role="status" aria-live="polite"></p>
${plan.link === undefined ? '<a id="go" hidden></a>' : renderLink(plan.link)}
<p class="note">${escapeHtml(warning(knock))}</p>
<noscript><p>This page knocks by JavaScript, which is off here: allow it for this page.</p></noscript>
</main>
<script type="application/json" id="plan">${renderData(plan)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

const CODE_FIELD = `<div id="typed">
<label for="code">The six digits that the app on your phone shows</label>
<input id="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" spellcheck="false">
</div>
`;

const renderLink = (link: string): string =>
  `<a id="go" class="go" hidden rel="noreferrer" href="${escapeHtml(link)}">Go to ${escapeHtml(link)}</a>`;

function purpose({ port, link, host }: PagePlan): string {
  const what = port === undefined ? `Opens a door of ${host}` : `Opens port ${port} of ${host}`;
  return `${what} for the address of this device${link === undefined ? '' : ', then goes to the service'}.`;
}

function warning(knock: PageKnock): string {
  if (knock.kind === 'sequence')
    return 'Keep this file to yourself: it contains the knock, and anybody who has it can knock.';
  if (knock.secret !== undefined)
    return 'Keep this file to yourself: it contains the secret of your codes, and anybody who has it can knock in your name.';
  return 'This page knows no code. If the door stays closed: wait for the next code, type it, and then the one after it as well.';
}

/** Allows only what the page requests: the knocks, and the check whether the service answers. */
function policy(plan: PagePlan, ciphers: Ciphers): string {
  const hash = (text: string): string =>
    `'sha256-${renderPaddedBase64(ciphers.sha256(new TextEncoder().encode(text)))}'`;
  const link = plan.link === undefined ? null : URL.parse(plan.link);
  const service = link !== null && /^https?:$/.test(link.protocol) ? sourceOf(link.protocol, link.host) : [];
  return [
    "default-src 'none'",
    `script-src ${hash(PAGE_SCRIPT)}`,
    `style-src ${hash(PAGE_STYLE)}`,
    `connect-src ${[...new Set([...knockSources(plan), ...service])].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function knockSources({ host, knock }: PagePlan): readonly string[] {
  if (knock.kind === 'code') return sourceOf('wss:', `${urlHost(host)}:*`);
  return knock.ports.flatMap((port) => sourceOf('wss:', `${urlHost(host)}:${port}`));
}

/** CSP (Level 3, section 2.3.1) has no form for an IPv6 address, so only the scheme is given. */
const sourceOf = (scheme: string, host: string): readonly string[] =>
  host.startsWith('[') ? [scheme] : [`${scheme}//${host}`];

/** For a script of type application/json: `<` is escaped, so that it cannot end the script. */
function renderData({ host, knock, port, link }: PagePlan): string {
  const steps =
    knock.kind === 'sequence'
      ? { ports: knock.ports }
      : {
          prefixes: knock.prefixes.map(String),
          secret: knock.secret,
          refused: knock.prefixes.flatMap((prefix) =>
            portsBrowsersRefuse(prefix * 1000, prefix * 1000 + 999),
          ),
        };
  const data = { name: host, host: urlHost(host), ...steps, port, link };
  return JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
