import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diagnose, MigrateError } from './diagnostic/diagnostic.ts'
import { nextFiles, type NewTexts } from './source/next-files.ts'

export interface NewMigration {
  readonly version: string
  /** Paths of the files made: up, then down; one file where the folder's layout puts both into one. */
  readonly files: readonly string[]
}

/**
 * Makes the files of a new migration in a folder, which is made as well when it is missing: the next number, in the layout
 * of the newest migration there. A folder of counted migrations goes on counting, one of times gets the present time (UTC).
 * The files are empty unless texts are given; an empty one is refused by whoever runs it, so one that was forgotten cannot
 * count as applied. Never overwrites.
 *
 * @param name words of letters and digits; spaces become `_`.
 * @throws MigrateError MIGRATE_NAME_REFUSED, MIGRATE_FILE_EXISTS, MIGRATE_FOLDER_UNREADABLE.
 */
export function newMigration(folder: string, name: string, texts: NewTexts = {}): NewMigration {
  const { version, files } = nextFiles(
    { names: namesIn(folder), read: (file) => readFileSync(join(folder, file), 'utf8') },
    name,
    new Date(),
    texts,
  )
  const made: string[] = []
  for (const { name: file, text } of files) {
    const path = join(folder, file)
    try {
      // wx: whoever made a file of this name meanwhile keeps it
      writeFileSync(path, text, { flag: 'wx' })
      made.push(path)
    } catch (error) {
      for (const each of made) rmSync(each)
      throw notMade(path, error)
    }
  }
  return { version, files: made }
}

function namesIn(folder: string): readonly string[] {
  try {
    mkdirSync(folder, { recursive: true })
    return readdirSync(folder)
  } catch (error) {
    throw unreadable(folder, error)
  }
}

function notMade(path: string, error: unknown): MigrateError {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return unreadable(path, error)
  return new MigrateError(
    [
      diagnose('MIGRATE_FILE_EXISTS', {
        detail: `${path} is there already and was left as it is`,
        mend: 'choose another name, or remove the file',
        at: { file: path },
      }),
    ],
    { cause: error },
  )
}

function unreadable(path: string, error: unknown): MigrateError {
  return new MigrateError(
    [
      diagnose('MIGRATE_FOLDER_UNREADABLE', {
        detail: `${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        mend: 'name a folder in which this process may make files',
        at: { file: path },
      }),
    ],
    { cause: error },
  )
}
