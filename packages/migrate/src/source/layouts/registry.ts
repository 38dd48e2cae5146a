import { dbmate } from './dbmate.ts'
import { splitBy, whole, type Layout, type Parts } from './layout.ts'
import { nodePgMigrate } from './node-pg-migrate.ts'

/** Every layout of a file, the most particular first. A file that none of them knows is plain. */
export const layouts = [dbmate, nodePgMigrate] as const satisfies readonly Layout[]

/** Splits a file into its directions by the first layout that knows it. */
export function splitFile(text: string): Parts {
  return layoutOf(text)?.parts ?? { up: whole(text), down: undefined }
}

/** The layout a file is written in and what it makes of it; undefined for a plain file. */
export function layoutOf(text: string): { layout: Layout; parts: Parts } | undefined {
  // most files have no marks; looking for comments in them would cost more than reading them
  if (!/migrat(e:|ion)/i.test(text)) return undefined
  for (const layout of layouts) {
    const parts = splitBy(layout, text)
    if (parts) return { layout, parts }
  }
  return undefined
}
