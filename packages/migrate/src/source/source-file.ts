import type { MigrationModule } from './migration.ts'

/** A file as it was found: in a folder, or as data inside a bundle. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  /** Bytes that are no UTF-8. */
  readonly damaged?: boolean
  /** For code: how its module is loaded. */
  readonly load?: () => Promise<MigrationModule>
}
