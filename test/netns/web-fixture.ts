import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser } from '../lab/browser.ts';
import type { Program } from '../lab/program.ts';
import { TempDirectory } from '../lab/temp-directory.ts';
import { ControlFixture } from './control-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A loaded machine takes its time; only a failing test waits so long. */
const PATIENCE_MS = 30_000;

/** A daemon that runs, `bussa web` beside it, and a browser that looks at it. */
export class WebFixture implements AsyncDisposable {
  readonly control: ControlFixture;
  readonly url: string;
  readonly #web: Program;
  readonly #browser: Browser;
  readonly #directory: TempDirectory;

  private constructor(
    control: ControlFixture,
    url: string,
    web: Program,
    browser: Browser,
    directory: TempDirectory,
  ) {
    this.control = control;
    this.url = url;
    this.#web = web;
    this.#browser = browser;
    this.#directory = directory;
  }

  static async create(config: string, ...options: readonly string[]): Promise<WebFixture> {
    const control = await ControlFixture.create(config);
    const { server, directory } = control;
    const web = server.start(BUSSA, 'web', '--port', '7474', '--state', directory.path, ...options);
    const [url] = await web.saw(/^http:\/\/127\.0\.0\.1:7474\/#\S+$/m);
    const own = new TempDirectory();
    return new WebFixture(control, url, web, await startBrowser(server, own), own);
  }

  get web(): Program {
    return this.#web;
  }

  /** A tab of a reader's own. `problems`: what the browser has had to say against the page. */
  async open(
    options: BrowserContextOptions = {},
  ): Promise<{ readonly page: Page; readonly problems: string[] }> {
    const context = await this.#browser.newContext({
      ...{ viewport: { width: 1280, height: 900 }, locale: 'en-GB', bypassCSP: false, ...options },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    // The page's own view of what its policy has forbidden.
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => console.error('CSP', event.violatedDirective, event.blockedURI));",
    );
    await page.goto(this.url);
    return { page, problems };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#web[Symbol.asyncDispose]();
    await this.control[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

/** What axe-core has against the page as it stands: rules, and where. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // By the debugger, not by the page: its policy lets no script in.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  });
}
