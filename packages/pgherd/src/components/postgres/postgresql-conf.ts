import type { Setting } from '../../tuning/setting.ts'
import type { RenderInput } from '../component.ts'
import { serverSettings } from '../server-settings.ts'
import { quoteSetting } from './settings-file.ts'

/** postgresql.conf: grouped by concern, each setting below its reason. */
export function renderPostgresqlConf(input: RenderInput): string {
  const groups = new Map<string, Setting[]>()
  for (const setting of serverSettings(input)) {
    const subject = setting.subject ?? 'other'
    groups.set(subject, [...(groups.get(subject) ?? []), setting])
  }
  const parts = [...groups].map(
    ([subject, settings]) =>
      `\n# --- ${subject} ---\n` +
      settings
        .map(({ name, value, reason }) => `\n# ${oneLine(reason)}\n${name} = ${quoteSetting(value)}\n`)
        .join(''),
  )
  return `# Written by pgherd. Changes made here are drift: put them into postgres.settings of the spec.\n${parts.join('')}`
}

/** A reason may quote the spec: no line of it may become a setting. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
