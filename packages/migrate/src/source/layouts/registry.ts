import { dbmate } from './dbmate.ts'
import type { Layout, Parts } from './layout.ts'
import { nodePgMigrate } from './node-pg-migrate.ts'
import { plain } from './plain.ts'

/** Every layout of a file, the most particular first. A file that none of them knows is plain. */
export const layouts = [dbmate, nodePgMigrate] as const satisfies readonly Layout[]

/** Splits a file into its directions by the first layout that knows it. */
export function splitFile(text: string): Parts {
  // most files have no marks; looking at each of their lines would cost more than reading them
  if (!/migrat(e:|ion)/i.test(text))
    return { up: { text, firstLine: 1, transactional: true }, down: undefined }
  const lines = text.split('\n')
  for (const layout of layouts) {
    const parts = layout.split(lines)
    if (parts) return parts
  }
  return plain(lines)
}
