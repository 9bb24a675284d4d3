/** Who may write a file by its access control list beside its owner and everybody else. */
export type ListedWriters = {
  readonly users: readonly number[];
  readonly groups: readonly number[];
  /** Whether the file's own group is one of them. */
  readonly ownGroup: boolean;
};

/** `undefined`: the file has no such list, or this system does not tell. */
export type ReadList = (path: string) => ListedWriters | undefined;
