/** The members file without the lines of that member; comments and all other lines stay as they are. */
export function removeMember(text: string, name: string): string {
  return text
    .split('\n')
    .filter((line) => nameIn(line) !== name)
    .join('\n');
}

/** Name and key of each member, without what it may do here. */
export function memberKeys(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', type = '', key = ''] = line.trim().split(/[ \t]+/);
    return nameIn(line) === undefined || key === '' ? [] : [`${name} ${type} ${key}`];
  });
}

export function nameIn(line: string): string | undefined {
  const [name = ''] = line.trim().split(/[ \t]+/, 1);
  return name === '' || name.startsWith('#') ? undefined : name;
}
