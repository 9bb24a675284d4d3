/** What the reader has chosen. A browser that forbids storage forgets it with the page. */
export function readStored(key: string, place: 'local' | 'session' = 'local'): string {
  try {
    return storageOf(place).getItem(key) ?? '';
  } catch {
    return '';
  }
}

export function store(key: string, value: string, place: 'local' | 'session' = 'local'): void {
  try {
    storageOf(place).setItem(key, value);
  } catch {
    // See above.
  }
}

const storageOf = (place: 'local' | 'session'): Storage =>
  place === 'local' ? localStorage : sessionStorage;
