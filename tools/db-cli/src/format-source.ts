/** A file's text as the workspace formats it. */
export async function formatSource(text: string, file: string): Promise<string> {
  // Not before it is needed: it takes a while to load.
  const { format, resolveConfig } = await import('prettier');
  return format(text, { ...(await resolveConfig(file)), filepath: file });
}
