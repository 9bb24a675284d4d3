/** Who writes. */
export type Writer = { readonly name: string; readonly running: boolean };

/** What somebody writes, which can be waited for. */
export class Transcript {
  #text = '';
  readonly #writer: Writer;
  #watchers: (() => void)[] = [];

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
    this.wake();
  }

  /** After a change of the writer's. */
  wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }

  /** How often `pattern` (which needs the flag g) stands in the text so far. */
  count(pattern: RegExp): number {
    return this.#matches(pattern).length;
  }

  /** Waits until `pattern` has appeared `nth` times, and returns that appearance. */
  async saw(pattern: RegExp, nth: number, patienceMs: number): Promise<RegExpMatchArray> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const match = this.#matches(pattern)[nth - 1];
      if (match !== undefined) return match;
      if (!this.#writer.running || performance.now() >= deadline) throw this.#missing(pattern, nth);
      await this.#change(deadline - performance.now());
    }
  }

  #matches(pattern: RegExp): RegExpMatchArray[] {
    const global = pattern.global ? pattern : new RegExp(pattern, `${pattern.flags}g`);
    return [...this.#text.matchAll(global)];
  }

  #missing(pattern: RegExp, nth: number): Error {
    const { name, running } = this.#writer;
    const state = running ? 'still runs' : 'has ended';
    return new Error(
      `no ${pattern} (appearance ${nth}) from ${name}, which ${state} and wrote:\n${this.#text.slice(-4000)}`,
    );
  }

  #change(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(1, withinMs));
    this.#watchers.push(() => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }
}
