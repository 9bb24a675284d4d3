import koffi, { type LibraryHandle } from 'koffi';
import { libc, type Pointer } from './libc.ts';
import { NETLINK_NETFILTER, openNetlink } from './open-netlink.ts';

/** nftables/libnftables.h */
const NFT_CTX_DEFAULT = 0;
const NFT_CTX_OUTPUT_JSON = 1 << 4;
const NFT_CTX_OUTPUT_TERSE = 1 << 11;

/** libnftables(3) in this process: changes and lists the rules of a network namespace. */
export type Nftables = {
  /** Runs nft(8) commands as one transaction: all of them take effect, or none does and it throws. */
  readonly run: (commands: string) => void;
  /** The JSON output of a `list` command (libnftables-json(5)). `terse` omits the elements of sets. */
  readonly list: (command: string, options: { readonly terse: boolean }) => string;
  readonly close: () => void;
};

/** libnftables ends the whole process if it gets no socket (mnl.c, netlink_open_error), so this is checked first. */
function requireSocket(): void {
  libc.close(openNetlink(NETLINK_NETFILTER, 'nftables'));
}

/**
 * Opens libnftables for the network namespace of the calling thread. Throws if the library is missing, and a
 * `SystemCallError` if there is no descriptor or memory left.
 */
export function openNftables(): Nftables {
  const nft = library();
  requireSocket();
  const context = nft.create(NFT_CTX_DEFAULT);
  if (context === null) throw new LibnftablesError('libnftables: nft_ctx_new: out of memory');
  nft.bufferOutput(context);
  nft.bufferError(context);
  const call = (commands: string, flags: number): string => {
    nft.setFlags(context, flags);
    const status = nft.run(context, commands);
    // Reading a buffer resets it.
    const output = nft.output(context);
    const error = nft.error(context);
    if (status !== 0) throw new LibnftablesError(`nftables: ${firstError(error) || `status ${status}`}`);
    return output;
  };
  return {
    run: (commands) => {
      call(commands, 0);
    },
    list: (command, { terse }) => {
      const output = call(command, NFT_CTX_OUTPUT_JSON | (terse ? NFT_CTX_OUTPUT_TERSE : 0));
      if (output === '') throw new LibnftablesError(WITHOUT_JSON);
      return output;
    },
    close: () => nft.free(context),
  };
}

/** The first of several errors, with its command. Lines of `^^^^` follow it. */
function firstError(text: string): string {
  const [error = '', command = ''] = text.trim().split('\n');
  return command === '' ? error : `${error} in: ${command.trim()}`;
}

/** libnftables is missing or has failed; the message is its own. */
export class LibnftablesError extends Error {
  override readonly name = 'LibnftablesError';
}

const WITHOUT_JSON =
  'this libnftables is built without JSON, which Bussa needs to find its own rules: install one that has it ' +
  '(OpenWrt: the package nftables-json)';

type Libnftables = {
  readonly create: (flags: number) => Pointer;
  readonly bufferOutput: (context: Pointer) => number;
  readonly bufferError: (context: Pointer) => number;
  readonly setFlags: (context: Pointer, flags: number) => void;
  readonly run: (context: Pointer, commands: string) => number;
  readonly output: (context: Pointer) => string;
  readonly error: (context: Pointer) => string;
  readonly free: (context: Pointer) => void;
};

let loaded: Libnftables | undefined;

function library(): Libnftables {
  loaded ??= load();
  return loaded;
}

function load(): Libnftables {
  const library = openLibrary();
  return {
    create: library.func('void *nft_ctx_new(uint32_t)'),
    bufferOutput: library.func('int nft_ctx_buffer_output(void *)'),
    bufferError: library.func('int nft_ctx_buffer_error(void *)'),
    setFlags: library.func('void nft_ctx_output_set_flags(void *, unsigned int)'),
    run: library.func('int nft_run_cmd_from_buffer(void *, const char *)'),
    output: library.func('const char *nft_ctx_get_output_buffer(void *)'),
    error: library.func('const char *nft_ctx_get_error_buffer(void *)'),
    free: library.func('void nft_ctx_free(void *)'),
  };
}

function openLibrary(): LibraryHandle {
  try {
    return koffi.load('libnftables.so.1');
  } catch (error) {
    throw new LibnftablesError(
      'libnftables is not installed, and doors with open = … need it for nftables: ' +
        'install the package libnftables1 (Debian, Ubuntu) or nftables (others)',
      { cause: error },
    );
  }
}
