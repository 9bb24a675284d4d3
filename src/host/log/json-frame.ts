import type { EventFields } from '../../core/event/event-fields.ts';
import { renderJsonLine } from '../../core/event/event-fields.ts';
import type { LogLevel } from '../../core/event/render-event.ts';

/** Renders a log line as one line of JSON with its values. Other texts, such as a count of lost lines, have none. */
export function jsonFrame(
  level: LogLevel,
  line: string,
  fields: (() => EventFields) | undefined,
): (text: string) => string {
  const time = new Date().toISOString();
  return (text) => `${renderJsonLine(time, level, text, text === line ? fields?.() : undefined)}\n`;
}
