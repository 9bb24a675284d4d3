import type { InterfaceChange } from '../net/host-interface.ts';
import type { CommandFailure, LogEvent } from './event.ts';
import { printable } from './printable.ts';

/** An event as values for programs. `event` is its kind; names do not change between versions. */
export type EventFields = { readonly event: string } & Readonly<Record<string, string | number | boolean>>;

/** `hostName`: the source's, if it was looked up. */
export function eventFields(event: LogEvent, hostName?: string): EventFields {
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(flatten(event))) {
    if (typeof value === 'string') fields[name] = printable(value);
    else if (typeof value === 'number' || typeof value === 'boolean') fields[name] = value;
  }
  if (hostName !== undefined) fields.hostName = printable(hostName);
  return { event: event.kind, ...fields };
}

/** One line of JSON without line end. `time`: ISO 8601. `message`: the line of the text format. */
export function renderJsonLine(time: string, level: string, message: string, fields?: EventFields): string {
  return JSON.stringify({ time, level, ...(fields ?? { event: 'log' }), message });
}

function flatten(event: LogEvent): Readonly<Record<string, unknown>> {
  const { kind: _, ...rest } = event;
  switch (event.kind) {
    case 'command-failed':
      return { ...rest, ...failureFields(event.failure) };
    case 'interface':
      return changeFields(event.change);
    case 'refused':
      // Only for hooks: programs find the ports in the configuration.
      return { ...rest, ports: undefined };
    case 'error':
    case 'warning':
    case 'debug':
      // Everything is in the message.
      return {};
    default:
      return rest;
  }
}

function failureFields(failure: CommandFailure): Readonly<Record<string, unknown>> {
  const { kind, ...rest } = failure;
  return { failure: kind, ...rest };
}

function changeFields(change: InterfaceChange): Readonly<Record<string, unknown>> {
  const { kind, ...rest } = change;
  return { change: kind, ...rest };
}
