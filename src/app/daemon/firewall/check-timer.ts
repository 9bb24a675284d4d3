/** Delay before rules that could not be installed are tried again. */
const RETRY_MS = 10_000;

/** Delay after a change of the rules: changes often come in several steps. */
const AFTER_CHANGE_MS = 100;

/** Schedules the next check of the firewall. One pending check is enough: it finds all changes. */
export class CheckTimer {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(look: () => void) {
    this.#look = look;
  }

  retry(): void {
    this.#lookIn(RETRY_MS);
  }

  afterChange(): void {
    this.#lookIn(AFTER_CHANGE_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #lookIn(wait: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, wait);
  }
}
