/** Why something was refused or has failed, in English, by code: a clause that follows `not opened: ` and the like. */
export const REASONS = {
  // A lease.
  banned: 'the address is banned',
  revoked: 'the user may no longer open it',
  full: 'the lease limit is reached',
  'full-of': 'the lease limit is reached ({limit})',
  busy: 'too many commands are waiting to run',
  cooling: 'its cooldown is not over',
  deny: "{source} is in the door's deny",
  allow: "{source} is not in the door's allow",
  'in-the-log': 'the log says why',
  'kernel-last':
    'the kernel drops the last knock because of its source address (rp_filter, or no route back on that interface)',
  'kernel-knock':
    'the kernel drops the knock because of its source address (rp_filter, or no route back on that interface)',
  'kernel-code':
    'the kernel drops the code because of its source address (rp_filter, or no route back on that interface)',

  // A command.
  status: 'failed with status {status}{why}',
  signal: 'was terminated by signal {signal}{why}',
  'timed-out': 'exceeded its time limit of {limit} s and was terminated{why}',
  'not-started': 'could not be started: {reason}',
  'failed-in-the-log': 'failed; the log says why',

  // A signed knock.
  'knock-unknown-key': 'no user has its key',
  'knock-source': 'it is bound to another source',
  'knock-key-source': 'its key may not be used from this address',
  'knock-key-expired': 'its key is no longer valid',
  'knock-key-off': 'its user is off',
  'knock-signature': 'its signature is wrong, or the token was not touched or got no PIN',
  'knock-clock': 'the clock of the sender is wrong',
  'knock-forgotten': 'it is older than the record of used knocks: send a new one',
  'knock-challenge': 'its challenge is wrong or no longer valid',
  'knock-door': 'its user may not open that door',
  'knock-unbound': 'the door requires the knock to name its source',
  'knock-busy': 'too many signed knocks with this key at one time',
  'knock-used': 'it was used already: each signed knock counts once',
  behind: 'the clock of the sender is {by:span} behind',
  ahead: 'the clock of the sender is {by:span} ahead',

  // A code.
  'code-used': 'it was used already, or a later one was: wait for the next code',
  'code-forgotten': 'it may have been used before the daemon started: wait for the next code',
  'code-touched': 'this address touched a decoy port between its two halves: knock it again',
  'code-first':
    'it is right, but this address needs the next code too: wait for it, and knock it without any other packet',
  'code-off': 'its user is off',
  'code-expired': 'its user is no longer valid',
  'code-address': 'its user may not knock from this address',
  'code-busy': 'too many users and doors have used codes: no more can be remembered',
  'code-bad': 'it is wrong, or its time is over',
  'code-bad-twice':
    'it is wrong, or its time is over; after two of them this address needs two right codes in a row',
  'code-skewed': 'it is out of time: the clock of the app, or of this host, is wrong',

  // An fwknop packet.
  'spa-key-off': 'its user is off',
  'spa-key-expired': 'its user has expired',
  'spa-key-source': 'its user may not send from this address',
  'spa-user-name': 'it carries another user name than the users file asks for',
  'spa-clock': 'the clock of the sender is wrong',
  'spa-forgotten': 'it is older than the record of used packets: send a new one',
  'spa-command': 'it asks to run a command: Bussa runs only the commands of its doors',
  'spa-nat': 'it asks for address translation: a door with `forward` behind its port does this',
  'spa-request': 'its request cannot be read: Bussa opens ports, as in tcp/22,udp/53',
  'spa-address': 'it asks to open for an address that nobody can have',
  'spa-door': 'its user may not open that port',
  'spa-unbound': 'the door requires the packet to name its source, and it says 0.0.0.0: use fwknop -R or -a',
  'spa-door-source': 'the door does not allow the address that sent it',
  'spa-content': 'its HMAC is right, but its content cannot be read: the encryption key or mode is another',
  'spa-busy': 'too many packets with this key at one time',
  'spa-used': 'it was used already: each packet counts once',
} as const;

export type ReasonCode = keyof typeof REASONS;

const CODES: ReadonlyMap<string, ReasonCode> = new Map(
  Object.entries(REASONS).map(([code, text]) => [text, code as ReasonCode]),
);

/** The code of a reason that has no values. `undefined`: it has none, as an error of the system. */
export const reasonCode = (reason: string): ReasonCode | undefined => CODES.get(reason);
