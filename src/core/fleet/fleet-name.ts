/** Names of fleets and of their members: safe in keys of the engine, in commands and log lines. */
export const isFleetName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(text);

export const FLEET_NAME_FORM = '1 to 32 letters, digits, and characters of _.-, no . or - in front';
