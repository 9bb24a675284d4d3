/** Reasons for refusing a request to open, as logged and shown to the operator. */
export const REFUSED = {
  banned: 'the address is banned',
  revoked: 'the user may no longer open it',
  full: 'the lease limit is reached',
  busy: 'too many commands are waiting to run',
  cooling: 'its cooldown is not over',
} as const;
