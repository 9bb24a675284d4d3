/** The version in package.json. */
export async function packageVersion(): Promise<string> {
  const { default: description } = await import('../../../package.json', { with: { type: 'json' } });
  return description.version;
}
