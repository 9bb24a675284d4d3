import { PLATFORM } from '../../host/platform/platform.ts';

/** Ends the process at once: joining its threads takes Node.js 3 ms, or forever. All that is printed is printed by then. */
export async function leaveProcess(status: number): Promise<void> {
  let exitNow: (status: number) => never = process.exit;
  try {
    if (PLATFORM === 'linux') ({ exitNow } = await import('../../host/ffi/exit-now.ts'));
    process.getBuiltinModule('node:module').flushCompileCache();
  } catch {
    // No descriptor is left to load it, or there is no native code: then it ends as Node.js does.
  }
  exitNow(status);
}
