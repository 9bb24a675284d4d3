/**
 * The sentences of `bussa explain` in English, by code. Forms of values: see `SaidForms`. The page has them in other
 * languages (app/web/page/words).
 */
export const SENTENCES = {
  // The last attempt of a source.
  impossible: 'nobody can send from {source}: packets with this source are not knocks',
  'banned-good': '{who} is banned for good',
  'banned-until': '{who} is banned until {until:time}',
  open: 'the door is open until {until:time}',
  'opened-open': 'the door was opened at {at:time}, and is open until {until:time}',
  'opened-closed': 'the door was opened at {at:time}, and closed at {closed:time}',
  completed: 'the sequence was right at {at:time}, and the door was opened',
  'start-failed': 'the sequence was right at {at:time}, but the start command {reason}',
  refused: 'the sequence was right, but {reason}',
  'proved-start-failed': 'the proof was good at {at:time}, but the start command {reason}',
  'proved-refused': 'the proof was good, but {reason}',
  withheld:
    'the sequence was right, but a decoy port was touched{touch}; in penalty{until}: knock the sequence twice in a row, without any other packet',
  touched: ' ({knock} at {at:time})',
  until: ' until {until:time}',
  evicted: 'its attempt, at stage {stage} of {of}, was evicted: too many attempts were pending',
  wrong: 'the {n:nth} knock hit {hit} instead of {knock}',
  'late-last': 'the sequence took {took:s} s, but its limit is {limit:s} s',
  late: 'the {n:nth} knock came {took:s} s after the first; the limit for the whole sequence is {limit:s} s',
  missing: 'the {n:nth} knock, {knock}, did not arrive within {limit:s} s of the first',
  pending: 'the {n:nth} knock, {knock}, has not arrived yet; it may come until {limit:s} s after the first',
  flags: 'the {n:nth} knock, {knock}, has the wrong flags: {flags}, but tcpflags requires {rule}',
  elsewhere: "the {n:nth} knock, {knock}, went to an address that is not this door's",
  forged:
    'the {n:nth} knock, {knock}, came from outside with an address of this host, or with one that nobody can send from',
  vlan: 'the {n:nth} knock, {knock}, came in a VLAN for which this host has no interface',
  again: 'the {n:nth} knock, {knock}, was a retransmission of a packet seen before, which is ignored',
  'unknown-port': 'an unknown port',

  // A packet that belongs to no attempt.
  'stray-flags': '{knock} at {at:time} has the wrong flags: {flags}, but tcpflags requires {rule}',
  'stray-elsewhere': '{knock} at {at:time} was sent to an address for which no door has this port',
  decoy: 'no knock was seen, but a decoy port was touched: {knock} at {at:time}{penalty}',
  'decoy-penalty': '; in penalty until {until:time}',
  'stray-forged':
    '{knock} at {at:time} came from outside with an address of this host, or with one that nobody can send from',
  'stray-vlan': '{knock} at {at:time} came in a VLAN for which this host has no interface',
  'was-banned': 'it was banned when it knocked, {knock} at {at:time}',
  'stray-again': '{knock} at {at:time} was a retransmission of a packet seen before, which is ignored',
  'stray-repeat': '{knock} at {at:time} repeated the last right knock, which has no effect',
  stray: '{knock} at {at:time} belongs to no attempt',
  'stray-first':
    '{knock} at {at:time} belongs to no attempt: the first knock of {door}, {first}, did not arrive before it',
  nothing:
    'nothing from {source} has been seen since {since:time}{forgotten}; does it reach this host? Bussa does not read packets to ports that no door uses',
  forgotten: ', or its record was evicted',

  // A refused proof.
  'code-wrong': 'the code at {at:time} was wrong, or its time was over',
  'code-half': 'only half of a code has arrived, at {at:time}: knock both ports, the first half first',
  'code-refused': 'the code at {at:time} was refused: {reason}',
  'spa-refused': 'the SPA packet at {at:time} was refused: {reason}',
  'proof-refused': 'the signed knock at {at:time} was refused: {reason}',

  // What holds now.
  'now-open': '{door} is open until {until:time}, opened {by} at {since:time}',
  'now-opening': 'the start command of {door} is running, started {by} at {since:time}',
  'now-closing': '{door} is closing; it was opened {by} at {since:time}',
  'now-failed': '{door}: the sequence was right at {since:time}, but the start command {reason}{ports}',
  'ports-open': '; its ports are open until {until:time}',
  'by-order': "by the operator's order",
  'by-knock': 'by the knock',
  'by-proof': 'by the {proof} of {users}',
  'ban-good': '{who} is banned for good: its knocks open nothing',
  'ban-until': '{who} is banned until {until:time}: its knocks open nothing',
  penalty: 'in penalty until {until:time}: the sequence must be knocked twice in a row',
  proofs: 'proofs',
  member: 'lease',
  key: 'signed knock',
  code: 'code',
  spa: 'SPA packet',
} as const;

export type SentenceCode = keyof typeof SENTENCES;
