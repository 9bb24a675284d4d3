/** As groupadd(8) takes them, or a number. */
export const isGroupName = (text: string): boolean =>
  /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,9})$/.test(text);
