type Job = { readonly key: string | undefined; readonly start: () => Promise<void> };

/**
 * Runs jobs in parallel, up to a limit, in their order. Jobs with the same key run one after another. BOUNDED:
 * `running` at a time; waiting ones by the callers.
 */
export class JobQueue {
  readonly #limit: number;
  readonly #waiting: Job[] = [];
  readonly #busyKeys = new Set<string>();
  #running = 0;

  constructor(running: number) {
    this.#limit = running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Number of jobs that could start now. */
  get free(): number {
    return this.#limit - this.#running;
  }

  /** Resolves to the job's result. The job never rejects. */
  run<T>(job: () => Promise<T>, key?: string): Promise<T> {
    return new Promise((done) => {
      this.#waiting.push({ key, start: async () => done(await job()) });
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running >= this.#limit) return;
    const index = this.#waiting.findIndex(({ key }) => key === undefined || !this.#busyKeys.has(key));
    const [job] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (job !== undefined) void this.#run(job);
  }

  async #run({ key, start }: Job): Promise<void> {
    this.#running++;
    if (key !== undefined) this.#busyKeys.add(key);
    await start();
    this.#running--;
    if (key !== undefined) this.#busyKeys.delete(key);
    this.#startNext();
  }
}
