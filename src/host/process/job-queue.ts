type Job = { readonly key: string | undefined; readonly start: () => Promise<void> };

/**
 * Runs jobs side by side, so many at one time, in the order they come. Those of one key run one after the other.
 * BOUNDED: by `running` at one time; those that wait by whoever puts them in.
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

  /** Jobs that could start now. */
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
