import type { HookOccasion } from '../door/hook.ts';
import type { Event } from './event.ts';

/** What hooks are told about an event; `undefined`: no hook runs for it. */
export function hookOccasion(event: Event): HookOccasion | undefined {
  switch (event.kind) {
    case 'started':
      return { event: 'start' };
    case 'ending':
      return { event: 'stop' };
    case 'lease-opened':
      return doorOccasion('open', event);
    case 'lease-closed':
      return doorOccasion('close', event);
    case 'refused':
      return doorOccasion('refused', event);
    default:
      return undefined;
  }
}

type DoorEvent = Extract<Event, { readonly kind: 'lease-opened' | 'lease-closed' | 'refused' }>;

function doorOccasion(event: 'open' | 'close' | 'refused', about: DoorEvent): HookOccasion {
  const { door, source, ports = '', user, proof } = about;
  const until = 'until' in about ? about.until : undefined;
  return {
    event,
    door,
    source,
    ports,
    ...(until === undefined ? {} : { until }),
    ...(user === undefined ? {} : { user }),
    ...(proof === undefined ? {} : { proof }),
  };
}
