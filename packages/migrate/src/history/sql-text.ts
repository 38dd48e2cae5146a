/** A name as an SQL identifier, whatever is in it. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as an SQL literal that reads the same under either setting of standard_conforming_strings; null for undefined. */
export function literal(text: string | undefined): string {
  if (text === undefined) return 'null'
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
