import type { WebPlace, WebServer } from '../../../app/web/web-server.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Environment, Output, Verb } from '../../arguments/verb.ts';
import { readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';

const DEFAULT_PORT = 7474;
/** sd_listen_fds(3): the first descriptor that systemd passes. */
const FIRST_LISTEN_FD = 3;
/** A server started by a connection exits after this time without one: systemd starts it again on demand. */
const IDLE_MS = 300_000;

const OPTIONS = {
  port: {
    type: 'string',
    value: 'PORT',
    summary: `the port on 127.0.0.1, 0 for any free one (default ${DEFAULT_PORT})`,
  },
  socket: {
    type: 'string',
    value: 'PATH',
    summary: 'a Unix socket instead of a port, for `ssh -L 8080:PATH HOST`',
  },
  open: { type: 'boolean', summary: "open the page in this desktop's browser" },
  'read-only': { type: 'boolean', summary: 'the page only shows, and has no buttons' },
  name: {
    type: 'string',
    value: 'HOST',
    summary: 'the name that browsers use, if a reverse proxy is in front; several with commas between',
    details: 'The proxy has to authenticate its visitors, and must not buffer /api/live.',
  },
  'token-file': {
    type: 'string',
    value: 'FILE',
    summary:
      'keep the token in this file, instead of making a new one at each start; it is created if it is missing',
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const WEB: Verb = {
  name: 'web',
  summary: 'show a page with open doors, attempts and history, and buttons',
  description: [
    'Serves a web page on this host until you stop it. Everybody who has the printed address can use the page: the address contains a token. The page shows open doors and their time left, knocks as they happen, packets per second, recent sources and why they failed, and the leases of the day; its buttons open, extend and close doors, and ban addresses.',
    'It is a separate program, which needs no privileges except access to the control socket (`Control_Group`), and listens only on 127.0.0.1 or a Unix socket. From another machine: `ssh -L 7474:127.0.0.1:7474 HOST`, and open the printed address there. Started by systemd (bussa-web.socket), it uses the socket that systemd opened.',
  ],
  operands: [],
  options: OPTIONS,
  streams: true,
  read: ({ values }, environment) => {
    const choice = readSelector(values, environment);
    const place = readPlace(values, environment);
    const names = (values.get('name') ?? '').split(',').filter(Boolean);
    const tokenFile = values.get('token-file');
    const opens = values.has('open');
    if (opens && place.kind !== 'port') throw new UsageError('--open needs a port, not a socket');
    return async (output) => {
      const { newToken, tokenIn } = await import('../../../app/web/web-token.ts');
      const { WebServer: Server } = await import('../../../app/web/web-server.ts');
      const { pageFiles } = await import('../../../app/web/page-files.ts');
      let web: WebServer;
      let token: string;
      try {
        token = tokenFile === undefined ? newToken() : tokenIn(tokenFile);
        const readOnly = values.has('read-only');
        web = await Server.open({ choice, place, token, names, readOnly, files: await pageFiles() });
      } catch (error) {
        return cannotServe(error, place, output);
      }
      const remove = await printAddress(web, place, token, opens, output);
      await ended(web, place);
      web.close();
      remove();
      return EXIT.ok;
    };
  },
};

function readPlace(values: ReadonlyMap<string, string>, environment: Environment): WebPlace {
  const [port, path] = [values.get('port'), values.get('socket')];
  if (port !== undefined && path !== undefined) throw new UsageError('give --port or --socket, not both');
  if (path !== undefined) return { kind: 'socket', path };
  if (port === undefined && environment.LISTEN_FDS !== undefined) {
    if (Number(environment.LISTEN_PID) === process.pid) return { kind: 'inherited', fd: FIRST_LISTEN_FD };
  }
  const number = /^[0-9]{1,5}$/.test(port ?? `${DEFAULT_PORT}`) ? Number(port ?? DEFAULT_PORT) : 65_536;
  if (number > 65_535) throw new UsageError(`bad port '${port}' for --port: give 0 to 65535`);
  return { kind: 'port', port: number };
}

function cannotServe(error: unknown, place: WebPlace, output: Output): number {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined && !(error instanceof Error)) throw error;
  const remedy =
    code === 'EADDRINUSE' && place.kind === 'port' ? ': another program uses that port; try --port 0' : '';
  output.error(`bussa: the page cannot be served: ${message}${remedy}`);
  return code === 'EACCES' || code === 'EPERM' ? EXIT.permission : EXIT.failed;
}

/** Prints where the page is. The returned function cleans up at the end. */
async function printAddress(
  web: WebServer,
  place: WebPlace,
  token: string,
  opens: boolean,
  output: Output,
): Promise<() => void> {
  const nothing = (): void => undefined;
  switch (place.kind) {
    case 'inherited':
      // The token must not be written to the journal.
      return nothing;
    case 'socket':
      output.print(
        `On your machine: ssh -L 8080:${place.path} HOST, then open http://127.0.0.1:8080/#${token}`,
      );
      return nothing;
    case 'port': {
      const url = `http://127.0.0.1:${web.port}/#${token}`;
      output.print(url);
      if (!opens) return nothing;
      const { openBrowser } = await import('../../../app/web/open-browser.ts');
      const { failure, remove } = await openBrowser(url);
      if (failure !== undefined)
        output.error(`bussa: no browser could be opened: ${failure}: open the address above`);
      return remove;
    }
  }
}

/** Resolves when the process is told to stop. A socket-activated one also ends when no visitor is left. */
async function ended(web: WebServer, place: WebPlace): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
    if (place.kind !== 'inherited') return;
    const wait = (): void => {
      setTimeout(() => web.connections === 0 && resolve(), IDLE_MS);
    };
    web.whenIdle(wait);
    wait();
  });
}
