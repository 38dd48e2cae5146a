import { dbmate } from './dbmate.ts'
import type { Layout, Parts } from './layout.ts'
import { nodePgMigrate } from './node-pg-migrate.ts'
import { plain } from './plain.ts'

/** Every layout of a file, the most particular first. A file that none of them knows is plain. */
export const layouts = [dbmate, nodePgMigrate] as const satisfies readonly Layout[]

/** Splits a file into its directions by the first layout that knows it. */
export function splitFile(text: string): Parts {
  const lines = text.split('\n')
  for (const layout of layouts) {
    const parts = layout.split(lines)
    if (parts) return parts
  }
  return plain(lines)
}
