/** What the comment lines above the first statement of a text say to this library. */
export interface Header {
  readonly transactional: boolean
  /** `-- pgherd:` lines that mean nothing: most likely a slip of the pen. */
  readonly unknown: readonly { readonly text: string; readonly line: number }[]
}

/** `allow` belongs to the lint, which reads it with the real grammar; here it only counts as known. */
const known = ['no-transaction', 'allow']

/**
 * Reads the header: leading lines that are blank or begin with `--` (with `//` in code). `-- pgherd: no-transaction` has
 * the text run outside a transaction; sqlx's `-- no-transaction` on the first line does the same. Lines count from 1.
 */
export function readHeader(text: string, comment: '--' | '//' = '--'): Header {
  let transactional = true
  const unknown: { text: string; line: number }[] = []
  let line = 0
  let start = 0
  // no split: a migration may hold megabytes of data below its header
  while (start < text.length) {
    const end = text.indexOf('\n', start)
    const trimmed = text.slice(start, end === -1 ? text.length : end).trim()
    line += 1
    if (trimmed !== '' && !trimmed.startsWith(comment)) break
    const said = trimmed.slice(comment.length).trim()
    if (line === 1 && comment === '--' && said === 'no-transaction') transactional = false
    if (said.startsWith('pgherd:')) {
      const directive = said.slice('pgherd:'.length).trim()
      if (directive === 'no-transaction') transactional = false
      else if (!known.includes(directive.split(/\s/)[0] ?? '')) unknown.push({ text: directive, line })
    }
    if (end === -1) break
    start = end + 1
  }
  return { transactional, unknown }
}
