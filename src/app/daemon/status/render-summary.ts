/** One line of what a daemon does, for its service manager. */
export function renderSummary(listeningOn: string, doors: number, leases: number): string {
  return `listening on ${listeningOn}; ${counted(doors, 'door')}, ${counted(leases, 'lease')} open`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
