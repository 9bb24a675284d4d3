import type { EventFields } from '../../core/event/event-fields.ts';
import { renderJsonLine } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';

/** Makes of `line` one line of JSON with its values; any other text, such as a count of lost lines, has none. */
export function jsonFrame(
  level: LogLevel,
  line: string,
  fields: (() => EventFields) | undefined,
): (text: string) => string {
  const time = new Date().toISOString();
  return (text) => `${renderJsonLine(time, level, text, text === line ? fields?.() : undefined)}\n`;
}
