import { refuseErrors } from '../diagnostic/diagnostic.ts'
import { assemble, type SourceOptions } from './assemble.ts'
import type { Migration, MigrationModule } from './migration.ts'

/** The text of a module and the module itself: the text is what checksums and history are made of. */
export interface EmbeddedModule {
  readonly text: string
  readonly module: MigrationModule
}

/**
 * Migrations that a bundle carries as data: file names as in a folder, each with its text, or with text and module.
 *
 * @throws MigrateError with every problem of every file.
 */
export function embedMigrations(
  files: Readonly<Record<string, string | EmbeddedModule>>,
  options: SourceOptions = {},
): readonly Migration[] {
  const { migrations, findings } = assemble(
    Object.entries(files).map(([name, file]) =>
      typeof file === 'string'
        ? { name, text: file }
        : { name, text: file.text, load: () => Promise.resolve(file.module) },
    ),
    options,
  )
  refuseErrors(findings)
  return migrations
}
