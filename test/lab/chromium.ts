import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Namespace } from './namespace.ts';
import { PATIENCE_MS } from './program.ts';
import { TempDirectory } from './temp-directory.ts';

/** A cold start on a loaded machine. */
const START_MS = 6 * PATIENCE_MS;

const FLAGS = [
  '--headless=new',
  // Root may not use the sandbox.
  '--no-sandbox',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=400,800',
];

/** What Runtime.evaluate answers. */
type Evaluated = { readonly result: { readonly value?: unknown }; readonly exceptionDetails?: unknown };

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

/**
 * Debian's Chromium with one page, in a namespace. It is driven by the DevTools protocol over two pipes: a few commands, which
 * take less code than a library for them, and no port that might be confused with those that are knocked at.
 */
export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: TempDirectory;
  readonly #pending = new Map<number, (message: Message) => void>();
  readonly #seen: Message[] = [];
  readonly #ended: Promise<void>;
  #wake: (() => void)[] = [];
  #log = '';
  #session: string | undefined;
  #last = 0;
  /** Events before this one have been waited for. */
  #since = 0;

  private constructor(namespace: Namespace, directory: TempDirectory, flags: readonly string[]) {
    this.#directory = directory;
    const words = ['netns', 'exec', namespace.name, 'chromium', ...FLAGS, ...flags];
    const profile = [`--user-data-dir=${directory.path}`, 'about:blank'];
    // A home of its own: nothing of the user's is read or changed.
    const env = { ...process.env, HOME: directory.path };
    this.#child = spawn('ip', [...words, ...profile], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env,
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.stderr?.on('data', (text) => {
      this.#log = (this.#log + String(text)).slice(-4000);
    });
    this.#read(this.#child.stdio[4] as Readable);
  }

  static async start(namespace: Namespace, ...flags: readonly string[]): Promise<Chromium> {
    const chromium = new Chromium(namespace, new TempDirectory(), flags);
    const { targetId } = await chromium.#send<{ targetId: string }>(
      'Target.createTarget',
      { url: 'about:blank' },
      START_MS,
    );
    const attached = await chromium.#send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    chromium.#session = attached.sessionId;
    await chromium.#send('Page.enable', {});
    await chromium.#send('Log.enable', {});
    await chromium.#send('Runtime.enable', {});
    return chromium;
  }

  /** What the browser says on its console: refused by a policy, blocked as mixed content, a mistake in a script. */
  get console(): readonly string[] {
    return this.#seen
      .filter(({ method }) => method === 'Log.entryAdded' || method === 'Runtime.exceptionThrown')
      .map(({ params }) => JSON.stringify(params));
  }

  /** Opens the page and waits until it has loaded. */
  async open(url: string): Promise<void> {
    this.#since = this.#seen.length;
    await this.#send('Page.navigate', { url });
    await this.#loaded();
  }

  /** Waits until the page that was opened has gone to this address, and that has loaded. */
  async goesTo(url: string): Promise<void> {
    await this.#event(({ method, params }) => {
      const frame = (params as { frame?: { url?: string } } | undefined)?.frame;
      return method === 'Page.frameNavigated' && frame?.url === url;
    });
    await this.#loaded();
  }

  /** The value of an expression, or of the promise that it is. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const answer = await this.#send<Evaluated>('Runtime.evaluate', options, START_MS);
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  /** Waits until the words of the page match. */
  async says(pattern: RegExp): Promise<string> {
    const text = await this.evaluate(`new Promise((resolve) => {
      const look = () => ${pattern}.test(document.body.innerText) && resolve(document.body.innerText);
      new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
      look();
    })`);
    return String(text);
  }

  async type(text: string): Promise<void> {
    await this.#send('Input.insertText', { text });
  }

  async press(key: 'Enter' | 'Tab'): Promise<void> {
    const code = key === 'Enter' ? 13 : 9;
    const stroke = { key, code: key, windowsVirtualKeyCode: code, nativeVirtualKeyCode: code };
    const text = key === 'Enter' ? { text: '\r' } : {};
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...stroke, ...text });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...stroke });
  }

  /** The system's wish: light or dark. */
  async prefers(scheme: 'light' | 'dark'): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.#send('Emulation.setEmulatedMedia', { features });
  }

  /** A screen of a phone. */
  async width(width: number): Promise<void> {
    const metrics = { width, height: 800, deviceScaleFactor: 2, mobile: true };
    await this.#send('Emulation.setDeviceMetricsOverride', metrics);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#directory[Symbol.dispose]();
  }

  /** `T`: what the protocol's documentation says of the method's answer. */
  async #send<T = unknown>(method: string, params: object, patience = PATIENCE_MS): Promise<T> {
    const id = ++this.#last;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    const answer = Promise.withResolvers<Message>();
    this.#pending.set(id, answer.resolve);
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const message = await within(answer.promise, patience, () => `${method}: no answer\n${this.#log}`);
    if (message.error !== undefined) throw new Error(`${method}: ${message.error.message}`);
    return message.result as T;
  }

  #read(pipe: Readable): void {
    let rest = '';
    pipe.setEncoding('utf8').on('data', (text: string) => {
      const pieces = (rest + text).split('\0');
      rest = pieces.pop() ?? '';
      for (const piece of pieces) this.#take(JSON.parse(piece) as Message);
    });
  }

  #take(message: Message): void {
    if (message.id === undefined) this.#seen.push(message);
    else this.#pending.get(message.id)?.(message);
    const wake = this.#wake;
    this.#wake = [];
    for (const each of wake) each();
  }

  #loaded(): Promise<void> {
    return this.#event(({ method }) => method === 'Page.loadEventFired');
  }

  /** The next such event behind those that have been waited for. */
  async #event(isWanted: (message: Message) => boolean): Promise<void> {
    const arrival = async (): Promise<void> => {
      for (;;) {
        const at = this.#seen.findIndex((message, i) => i >= this.#since && isWanted(message));
        if (at >= 0) {
          this.#since = at + 1;
          return;
        }
        await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    };
    await within(arrival(), 2 * PATIENCE_MS, () => `no such event\n${this.#log}`);
  }
}

async function within<Value>(work: Promise<Value>, ms: number, words: () => string): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(words())), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
