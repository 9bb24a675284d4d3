import type { Language } from './language.ts';

/** `1:02:03`, or `02:03`. */
export function renderRemaining(milliseconds: number): string {
  const seconds = Math.ceil(Math.max(0, milliseconds) / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}

/** Creating a formatter takes longer than a hundred uses. BOUNDED: two per language. */
const formats = new Map<string, Intl.DateTimeFormat>();

let offset = 0;

function formatOf(language: Language, hasDay: boolean): Intl.DateTimeFormat {
  // The reader's time zone may change while the page is open.
  const current = new Date().getTimezoneOffset();
  if (current !== offset) formats.clear();
  offset = current;
  const key = `${language} ${hasDay}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const day = hasDay ? ({ day: '2-digit', month: 'short' } as const) : {};
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false } as const;
  const made = new Intl.DateTimeFormat(language, { ...day, ...time });
  formats.set(key, made);
  return made;
}

/** In the reader's time zone, with the date if it is not today. */
export function renderTime(at: number, language: Language): string {
  const date = new Date(at);
  return formatOf(language, date.toDateString() !== new Date().toDateString()).format(date);
}

/** The reader's words for a length of time, in its largest unit. */
export function renderSpan(milliseconds: number, language: Language): string {
  const seconds = Math.round(milliseconds / 1000);
  const [value, unit] =
    seconds < 120
      ? [seconds, 'second']
      : seconds < 7200
        ? [Math.round(seconds / 60), 'minute']
        : seconds < 172_800
          ? [Math.round(seconds / 3600), 'hour']
          : [Math.round(seconds / 86_400), 'day'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

export function renderUptime(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
