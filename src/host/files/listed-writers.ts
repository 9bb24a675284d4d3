/** Who may write a file by its access control list, besides its owner and everybody. */
export type ListedWriters = {
  readonly users: readonly number[];
  readonly groups: readonly number[];
  /** Whether the file's own group may. */
  readonly ownGroup: boolean;
};

/** `undefined`: the file has no such list, or the system does not say. */
export type ReadList = (path: string) => ListedWriters | undefined;
