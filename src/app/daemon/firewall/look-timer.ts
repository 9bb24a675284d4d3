/** A part that could not be put in place is tried again after this long. */
const RETRY_MS = 10_000;

/** After somebody has changed the rules: they often do so in several steps. */
const AFTER_CHANGE_MS = 100;

/** When the firewall is looked at next. One look that waits is enough: it finds all changes. */
export class LookTimer {
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
