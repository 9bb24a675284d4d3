/** A TCP or UDP port, 1 to 65535: port 0 cannot be knocked on. */
export type Port = number & { readonly brand: 'Port' };

export const MAX_PORT = 65_535;

/** The port in `text`, only decimal digits, or `undefined` ("abc", "0", "70000", "-1", "1e3"). */
export function parsePort(text: string): Port | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= MAX_PORT ? (value as Port) : undefined;
}
