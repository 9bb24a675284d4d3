/** Why a request to open is refused, as the log and the operator are told. */
export const REFUSED = {
  banned: 'the address is banned',
  revoked: 'the user may not open it any more',
  full: 'it has as many leases as it may have',
  busy: 'too many commands are waiting to run',
  cooling: 'its cooldown is not over',
} as const;
