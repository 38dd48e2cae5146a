import type { TableGround } from '../history/table.ts'

/** What the session looks like before the first migration changes it. */
export interface Ground extends TableGround {
  readonly hasTable: boolean
  readonly searchPath: string
  /** As whom the session began, or SET SESSION AUTHORIZATION made it. */
  readonly sessionUser: string
  readonly role: string
  readonly lockTimeout: string
  readonly statementTimeout: string
  readonly synchronousCommit: string
  /** Whether the role may use it; databases without it are rare. */
  readonly hasPlpgsql: boolean
}
