/** Why a job waits: the limit of its owner, or of all owners together. */
export type Wait = { readonly of: 'owner' | 'all'; readonly limit: number };

export type SharedJob = {
  readonly owner: string;
  /** Jobs of this owner that run at a time. */
  readonly share: number;
  /** Never rejects. */
  readonly run: () => Promise<void>;
  /** Called at once if it has to wait. */
  readonly onWait?: (wait: Wait) => void;
};

type Owner = { running: number; readonly waiting: SharedJob[] };

/**
 * Runs jobs in parallel, those of one owner in their order. The first job of each owner has a slot of its own; further
 * ones use shared slots, for which the owners take turns. So an owner, or many owners, whose jobs hang never keep
 * another from running. BOUNDED: one job per owner and `shared` more; waiting ones by the callers.
 */
export class FairQueue {
  readonly #shared: number;
  /** Owners with a running or waiting job, in the order of their turns. */
  readonly #owners = new Map<string, Owner>();
  /** Number of shared slots in use. */
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
    // An owner may be allowed more than the shared slots.
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

  /** Starts one job per owner in turn, until none may start. */
  #startWaiting(): void {
    for (let isStarted = true; isStarted; ) {
      isStarted = false;
      for (const [name, owner] of [...this.#owners]) {
        const [next] = owner.waiting;
        if (next === undefined || this.#wait(owner, next) !== undefined) continue;
        owner.waiting.shift();
        // Moves the owner to the end.
        this.#owners.delete(name);
        this.#owners.set(name, owner);
        this.#start(owner, next);
        isStarted = true;
      }
    }
  }
}
