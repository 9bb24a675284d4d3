/** The descriptor of this process that a path stands for: /dev/stdin, or a shell's `<(…)`. */
export function descriptorOf(path: string): number | undefined {
  if (path === '/dev/stdin') return 0;
  const number = /^\/(?:dev|proc\/self)\/fd\/([0-9]{1,6})$/.exec(path)?.[1];
  return number === undefined ? undefined : Number(number);
}
