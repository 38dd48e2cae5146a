import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { parseFileName } from './file-name.ts'
import { layoutOf } from './layouts/registry.ts'
import { compareVersions, isVersion } from './migration.ts'
import { firstTimestamp } from './sequence.ts'

/** What a new migration is made of. Texts that are left out are empty: whoever runs an empty file is refused. */
export interface NewTexts {
  readonly up?: string
  readonly down?: string
}

/** A folder as it is: names, and the text of one of them. */
export interface Folder {
  readonly names: readonly string[]
  readonly read: (name: string) => string
}

export interface NextFiles {
  readonly version: string
  readonly files: readonly { readonly name: string; readonly text: string }[]
}

interface Newest {
  readonly version: string
  /** As it is written, with leading zeros. */
  readonly digits: string
  readonly separator: string
  readonly file: string
}

/**
 * The files of a new migration, numbered and laid out as the newest one in the folder is: `001_name.sql` with
 * `001_name.down.sql` where there is none. Pure, but for what `folder` reads.
 *
 * @throws MigrateError MIGRATE_NAME_REFUSED.
 */
export function nextFiles(folder: Folder, name: string, now: Date, texts: NewTexts = {}): NextFiles {
  const words = wordsOf(name)
  const newest = newestOf(folder.names)
  const digits = newest ? nextDigits(newest, now) : '001'
  const version = digits.replace(/^0+(?=\d)/, '')
  if (!isVersion(version))
    throw refused(`no version follows ${newest?.version ?? digits}`, 'rename the newest migration')
  const separator = newest?.separator ?? '_'
  const stem = `${digits}${separator}${words.join(separator === '-' ? '-' : '_')}`
  return { version, files: inLayout(stem, folder, newest, texts) }
}

/** Letters and digits with spaces, `_` or `-` between them; a point would make a name such as `a.down` mean something else. */
function wordsOf(name: string): readonly string[] {
  if (!/^[\p{L}\p{N}\p{M}]+(?:[ _-]+[\p{L}\p{N}\p{M}]+)*$/u.test(name) || Buffer.byteLength(name) > 200)
    throw refused(
      `${JSON.stringify(name.slice(0, 80))} cannot be part of a file name that every system and tool reads alike`,
      'name it in words of letters and digits, 200 bytes at most, as in "add orders"',
    )
  return name.normalize('NFC').split(/[ _-]+/)
}

function newestOf(names: readonly string[]): Newest | undefined {
  return names
    .flatMap((file): readonly Newest[] => {
      const parsed = parseFileName(file)
      if (typeof parsed !== 'object' || parsed.part === 'down') return []
      const [, digits = '', separator = '_'] = /^(\d+)([_-])/.exec(file) ?? []
      return [{ version: parsed.version, digits, separator, file }]
    })
    .toSorted((a, b) => compareVersions(a.version, b.version))
    .at(-1)
}

/** One more for a counter; the present time for a time, in as many digits. */
function nextDigits({ version, digits }: Newest, now: Date): string {
  const following = String(BigInt(version) + 1n)
  if (BigInt(version) < BigInt(firstTimestamp)) return following.padStart(digits.length, '0')
  const calendar = now.toISOString().replaceAll(/\D/g, '')
  const present = {
    8: calendar,
    10: String(now.getTime()),
    12: calendar,
    13: String(now.getTime()),
    14: calendar,
    17: calendar,
  }[version.length]?.slice(0, version.length)
  return present !== undefined && compareVersions(present, version) > 0 ? present : following
}

function inLayout(
  stem: string,
  folder: Folder,
  newest: Newest | undefined,
  { up = '', down = '' }: NewTexts,
): NextFiles['files'] {
  const marks = newest?.file.endsWith('.sql') ? layoutOf(folder.read(newest.file))?.layout.marks : undefined
  if (marks) return [{ name: `${stem}.sql`, text: `${marks.up}\n${up}\n${marks.down}\n${down}` }]
  const isPoststack = folder.names.some((each) => each.endsWith('.rollback.sql'))
  return [
    { name: newest?.file.endsWith('.up.sql') ? `${stem}.up.sql` : `${stem}.sql`, text: up },
    { name: isPoststack ? `${stem}.rollback.sql` : `${stem}.down.sql`, text: down },
  ]
}

function refused(detail: string, mend: string): MigrateError {
  return new MigrateError([diagnose('MIGRATE_NAME_REFUSED', { detail, mend })])
}
