/** What `?` shows. */
export const HELP: readonly string[] = [
  'bussa watch',
  '',
  '↑ ↓   select an address: an open door, or an attempt',
  'x     explain: what the address has knocked, and why the door did not open',
  'c     close its door now',
  'e     extend: its door stays open for its whole time from now on',
  'b     ban the address, after a question',
  'q     quit',
  '',
  'packets   that pass the capture filter, in a second',
  'dropped   those that came faster than they could be processed',
  'OPEN      who is in, the time left, and a bar that runs down',
  'ATTEMPTS  who has begun to knock: ● right knocks, ○ those that are missing',
  'EVENTS    the latest; `bussa events` prints all of them',
];
