/** Why a job waits: as many run as may at one time, of its owner or of all owners together. */
export type Wait = { readonly of: 'owner' | 'all'; readonly limit: number };

export type SharedJob = {
  readonly owner: string;
  /** Jobs of this owner that run at one time. */
  readonly share: number;
  /** Never rejects. */
  readonly run: () => Promise<void>;
  /** Called at once if it has to wait. */
  readonly onWait?: (wait: Wait) => void;
};

type Owner = { running: number; readonly waiting: SharedJob[] };

/**
 * Runs jobs side by side, those of one owner in the order in which they come. The first job of each owner has a place
 * of its own; for more of them the owners share so many places, and take turns. So one owner whose jobs hang, or many
 * such owners, never keep another from running anything.
 * BOUNDED: by one job for each owner and `shared` more; those that wait by whoever puts them in.
 */
export class ShareQueue {
  readonly #shared: number;
  /** Those with a job that runs or waits, in the order of their turns. */
  readonly #owners = new Map<string, Owner>();
  /** Of the shared places, those that are taken. */
  #taken = 0;

  constructor(shared: number) {
    this.#shared = shared;
  }

  waiting(owner: string): number {
    return this.#owners.get(owner)?.waiting.length ?? 0;
  }

  running(owner: string): number {
    return this.#owners.get(owner)?.running ?? 0;
  }

  add(job: SharedJob): void {
    const owner = this.#owners.get(job.owner) ?? { running: 0, waiting: [] };
    this.#owners.set(job.owner, owner);
    const wait = this.#wait(owner, job);
    if (wait === undefined && owner.waiting.length === 0) {
      this.#start(owner, job);
      return;
    }
    owner.waiting.push(job);
    job.onWait?.(wait ?? { of: 'owner', limit: job.share });
  }

  #wait(owner: Owner, { share }: SharedJob): Wait | undefined {
    if (owner.running >= share) return { of: 'owner', limit: share };
    // An owner that may have more than are shared has what it may have.
    const shared = Math.max(this.#shared, share);
    return owner.running > 0 && this.#taken >= shared ? { of: 'all', limit: shared } : undefined;
  }

  #start(owner: Owner, job: SharedJob): void {
    if (owner.running > 0) this.#taken++;
    owner.running++;
    void this.#run(owner, job);
  }

  async #run(owner: Owner, job: SharedJob): Promise<void> {
    await job.run();
    owner.running--;
    if (owner.running > 0) this.#taken--;
    if (owner.running === 0 && owner.waiting.length === 0) this.#owners.delete(job.owner);
    this.#startWaiting();
  }

  /** One job of each owner in turn, until none may run. */
  #startWaiting(): void {
    for (let isStarted = true; isStarted; ) {
      isStarted = false;
      for (const [name, owner] of [...this.#owners]) {
        const [next] = owner.waiting;
        if (next === undefined || this.#wait(owner, next) !== undefined) continue;
        owner.waiting.shift();
        // To the end: its turn is over.
        this.#owners.delete(name);
        this.#owners.set(name, owner);
        this.#start(owner, next);
        isStarted = true;
      }
    }
  }
}
