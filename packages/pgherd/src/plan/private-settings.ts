import { gucOf, type Major } from '../tuning/gucs/guc.ts'

/** Words in the names of settings whose text may hold a password: connection strings, commands, what names itself so. */
const telling = /conninfo|command|secret|passw|passphrase|token|credential|api_?key|jwt/i

/** True when the value of a server setting must not appear in a plan or a log. Switches and numbers hold no secret. */
export function holdsSecrets(setting: string, major: Major): boolean {
  const type = gucOf(setting, major)?.type ?? 'string'
  return type === 'string' && telling.test(setting)
}
