import type { WriteHost } from '../hosts/host.ts'
import type { Action, CertificateRequest } from '../plan/action.ts'
import type { Observer } from './observe.ts'
import type { SecretReference } from '../spec/schema.ts'

/** What executors may use. Only apply/ holds a WriteHost. */
export interface ApplyTools {
  readonly host: WriteHost
  readonly observer: Observer
  readonly secrets: {
    /** Makes or fetches the secret unless it is there already. */
    provide: (id: string, reference: SecretReference, as: 'password' | 'backup-key') => Promise<void>
    read: (id: string) => Promise<string>
  }
  /** Patroni; absent for a single server. */
  readonly cluster?: {
    patchConfig(patch: Readonly<Record<string, unknown>>): Promise<void>
    restart(member: string): Promise<void>
  }
  readonly certificates: {
    issue(request: CertificateRequest): Promise<void>
    install(
      own: { cert: string; key: string; ca: string; directory: string },
      hosts: readonly string[],
    ): Promise<void>
  }
}

export type ActionOf<K extends Action['do']> = Extract<Action, { do: K }>

/** Carries out one kind of action. Must be safe to repeat: a crash may come right after it. */
export type Executor<K extends Action['do']> = (action: ActionOf<K>, tools: ApplyTools) => Promise<void>
