/** Why a request to open is refused, as the log and the operator are told. */
export const REFUSED = {
  banned: 'the address is banned',
  revoked: 'the user may no longer open it',
  full: 'the lease limit is reached',
  busy: 'too many commands are waiting to run',
  cooling: 'its cooldown is not over',
} as const;
