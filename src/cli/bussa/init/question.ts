import { createInterface, type Interface } from 'node:readline/promises';

const LOOK_MS = 500;

/** Ctrl-C, Ctrl-D, or a closed terminal. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Asks at the terminal, one question at a time. */
export class Questions implements Disposable {
  readonly #readline: Interface;
  readonly #left = Promise.withResolvers<never>();

  constructor() {
    this.#readline = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
    this.#left.promise.catch(() => undefined);
    this.#readline.on('SIGINT', () => this.#readline.close());
    this.#readline.once('close', () => this.#left.reject(new NoAnswerError('there was no answer')));
  }

  /** Asks until `parse` accepts the answer. An empty answer means `preset`. `parse` returns an error as text. */
  async ask<Value>(text: string, preset: string, parse: (answer: string) => Value | Error): Promise<Value> {
    for (;;) {
      const answer = (await this.#line(`${text} [${preset}]: `)).trim();
      const value = parse(answer === '' ? preset : answer);
      if (!(value instanceof Error)) return value;
      process.stdout.write(`  ${value.message}\n`);
    }
  }

  async confirm(text: string, preset: boolean): Promise<boolean> {
    const parse = (answer: string): boolean | Error => {
      if (/^y(es)?$/i.test(answer)) return true;
      return /^no?$/i.test(answer) ? false : new Error('answer y or n');
    };
    return this.ask(text, preset ? 'Y/n' : 'y/N', (answer) =>
      parse(answer === 'Y/n' ? 'y' : answer === 'y/N' ? 'n' : answer),
    );
  }

  /** Whether Enter was pressed within this time, or `isSettled`, called twice a second, made the question obsolete. */
  async enterWithin(
    text: string,
    seconds: number,
    isSettled: () => boolean,
  ): Promise<'entered' | 'late' | 'settled'> {
    const other = Promise.withResolvers<'late' | 'settled'>();
    const timer = setTimeout(() => other.resolve('late'), seconds * 1000);
    const look = setInterval(() => isSettled() && other.resolve('settled'), LOOK_MS);
    try {
      return await Promise.race([this.#line(text).then(() => 'entered' as const), other.promise]);
    } finally {
      clearTimeout(timer);
      clearInterval(look);
    }
  }

  [Symbol.dispose](): void {
    this.#readline.close();
  }

  #line(prompt: string): Promise<string> {
    return Promise.race([this.#readline.question(prompt), this.#left.promise]);
  }
}
