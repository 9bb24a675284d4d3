import type { CodePorts } from '../door/code-ports.ts';

export type CodeLabel = {
  readonly host: string;
  readonly user: string;
  /** Base32. */
  readonly secret: string;
  readonly ports: CodePorts;
};

/** How to form the ports of this door's codes, as the app shows it above the code: `17___ 23___`. */
export const recipeOf = ([first, second]: CodePorts): string => `${first}___ ${second}___`;

/**
 * The URI of a QR code for authenticator apps, in at most `limit` bytes. Digits, period and hash are omitted: all apps
 * assume 6, 30 s and SHA-1. A colon would end the issuer, so it must not contain one.
 */
export function otpauthUri({ host, user, secret, ports }: CodeLabel, limit: number): string {
  for (let length = host.length; ; length--) {
    const issuer = encodeURIComponent(host.slice(0, length).replaceAll(':', '-'));
    const account = encodeURIComponent(`${recipeOf(ports)} ${user}`);
    const uri = `otpauth://totp/${issuer}:${account}?secret=${secret}&issuer=${issuer}`;
    if (uri.length <= limit || length <= 1) return uri;
  }
}
