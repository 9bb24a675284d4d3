/** A binary heap of keys by due time. Inserting a key again moves it. BOUNDED: by its callers' keys. */
export class DeadlineQueue<Key> {
  readonly #heap: { readonly key: Key; readonly due: number }[] = [];
  readonly #due = new Map<Key, number>();

  put(key: Key, due: number): void {
    this.#due.set(key, due);
    this.#heap.push({ key, due });
    this.#rise(this.#heap.length - 1);
    // Replaced or deleted entries stay in the heap until they reach its top, or outnumber the others.
    if (this.#heap.length > 64 && this.#heap.length > this.#due.size * 2) this.#rebuild();
  }

  delete(key: Key): void {
    this.#due.delete(key);
  }

  next(): { readonly key: Key; readonly due: number } | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#due.get(top.key) === top.due) return top;
      this.#dropTop();
    }
    return undefined;
  }

  #rebuild(): void {
    this.#heap.length = 0;
    for (const [key, due] of this.#due) {
      this.#heap.push({ key, due });
      this.#rise(this.#heap.length - 1);
    }
  }

  #dropTop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (this.#dueAt(parent) <= this.#dueAt(at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = at * 2 + 1;
      const least = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(least) >= this.#dueAt(at)) return;
      this.#swap(least, at);
      at = least;
    }
  }

  #dueAt(at: number): number {
    return this.#heap[at]?.due ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const kept = heap[a];
    const other = heap[b];
    if (kept === undefined || other === undefined) return;
    heap[a] = other;
    heap[b] = kept;
  }
}
