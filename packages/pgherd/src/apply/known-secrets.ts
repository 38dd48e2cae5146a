import type { KnownPasswords } from '../components/postgres/objects/observe.ts'
import { fillSecrets } from './fill-secrets.ts'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SecretStore } from '../hosts/secret-store.ts'
import type { Wanted, WantedSecret } from '../plan/wanted.ts'
import { readGap, roleSecretId } from '../secrets/secret.ts'

/** What observing may know of secrets: whether they are there, and whether a password is the right one. */
export interface KnownSecrets {
  isCurrent(secret: WantedSecret): boolean
  /** Secrets whose loss no new value makes good, such as the key of existing backups. */
  blocked(wanted: readonly WantedSecret[]): readonly Diagnostic[]
  passwords(wanted: Wanted): Promise<KnownPasswords>
  /** A rendered file with its secrets put in; undefined when one is not there. For comparing, never for showing. */
  fill(contents: string): Promise<string | undefined>
  /** A found file with the values of the secrets that `rendered` has gaps for taken out again, so that no value is in what is compared. */
  blank(found: string, rendered: string): Promise<string>
}

/** Reads a secret store for observing; values go no further than the comparison with verifiers. */
export function knownSecrets(store: SecretStore): KnownSecrets {
  return {
    isCurrent: (secret) => store.isCurrent(secret),
    blocked: (wanted) => store.blocked(wanted),
    async fill(contents) {
      try {
        return await fillSecrets(contents, (id) => store.read(id))
      } catch (error) {
        if (error instanceof DiagnosticError) return undefined
        throw error
      }
    },
    async blank(found, rendered) {
      let text = found
      for (const [gap, name = ''] of rendered.matchAll(/\{\{secret:([^{}]+)\}\}/g)) {
        const { id, written } = readGap(name)
        const value = written(store.has(id) ? await store.read(id).catch(() => '') : '')
        // a short one may stand anywhere by chance
        if (value.length >= 8) text = text.replaceAll(value, gap)
      }
      return text
    },
    async passwords({ objects }) {
      const byRole = new Map<string, string>()
      const unreadable = new Set<string>()
      for (const { name } of objects.roles) {
        const id = roleSecretId(name)
        if (!store.has(id)) continue
        try {
          byRole.set(name, await store.read(id))
        } catch (error) {
          if (!(error instanceof DiagnosticError)) throw error
          unreadable.add(name)
        }
      }
      return { byRole, unreadable }
    },
  }
}
