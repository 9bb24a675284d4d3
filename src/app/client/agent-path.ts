import type { Profile } from '../../core/client/profile.ts';
import type { Platform } from '../../host/platform/platform.ts';
import { expandPath } from './expand-path.ts';

/** The fixed pipe of the agent of OpenSSH for Windows. */
const WINDOWS_AGENT = '\\\\.\\pipe\\openssh-ssh-agent';

/** As IdentityAgent in ssh_config(5): a socket, or a named pipe on Windows. `undefined`: none is set. */
export function agentPathOf(
  profile: Pick<Profile, 'identityAgent' | 'hostName' | 'name'>,
  environment: Readonly<Record<string, string | undefined>>,
  platform: Platform,
): string | undefined {
  const { identityAgent = 'SSH_AUTH_SOCK' } = profile;
  if (identityAgent === 'none') return undefined;
  if (identityAgent === 'SSH_AUTH_SOCK') {
    const named = environment.SSH_AUTH_SOCK || undefined;
    return named ?? (platform === 'win32' ? WINDOWS_AGENT : undefined);
  }
  if (/^\$[A-Za-z_]\w*$/.test(identityAgent)) return environment[identityAgent.slice(1)] || undefined;
  return expandPath(identityAgent, profile, platform);
}
