import { settingsInFile } from '../components/postgres/settings-file.ts'
import type { RenderedFile } from '../components/component.ts'
import { mend, type Mend } from '../diagnostic/diagnostic.ts'
import { holdsSecrets } from './private-settings.ts'
import type { Wanted } from './wanted.ts'

/** What a line of the file can be that a spec can hold, too: a name, not the text of a line nobody can read. */
const settingName = /^[a-z_][\w$]*(\.[a-z_][\w$]*)*$/

/**
 * The spec change that would keep what somebody wrote into postgresql.conf by hand: all of `postgres.settings`
 * as it would be, so that what the spec says already stays. Undefined when a spec cannot keep it: another file,
 * a removed setting the spec did not ask for, a value that may hold a secret.
 */
export function adoptedSettings(
  file: RenderedFile,
  contents: string | undefined,
  wanted: Wanted,
): Mend | undefined {
  if (contents === undefined || !file.path.endsWith('/postgresql.conf')) return undefined
  const rendered = settingsInFile(file.contents)
  const found = settingsInFile(contents)
  const written = [...found].filter(
    ([name, value]) =>
      rendered.get(name) !== value && settingName.test(name) && !holdsSecrets(name, wanted.major),
  )
  const declared = Object.entries(wanted.declaredSettings)
  const kept = declared.filter(
    ([name]) => found.has(name.toLowerCase()) && !written.some(([other]) => other === name.toLowerCase()),
  )
  const removed = declared.filter(([name]) => !found.has(name.toLowerCase()))
  if (written.length === 0 && removed.length === 0) return undefined
  return mend.edit('postgres.settings', Object.fromEntries([...kept, ...written]))
}
