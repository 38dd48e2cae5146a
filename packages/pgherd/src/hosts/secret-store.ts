import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { generatedPassword, passwordBytes } from '../secrets/password.ts'
import type { SecretId } from '../secrets/secret.ts'
import type { SecretReference } from '../spec/schema.ts'
import type { RunAs } from '../topology/host-facts.ts'
import { asFileFinding } from './file-error.ts'
import { promised } from './promised.ts'
import { giveTo } from './run-as.ts'
import { writeWholeFile } from './whole-file.ts'

export interface SecretStoreOptions {
  /** `<state>/secrets`. */
  readonly directory: string
  readonly runAs: RunAs
  /** `file` references are relative to this: the directory of the spec. */
  readonly baseDirectory: string
  /** Makes a key for backups; the store does not know their format. */
  readonly generateBackupKey: () => Promise<string>
  /** True when the repository holds backups that only the present backup key opens. */
  readonly backupsExist: () => boolean
  readonly env?: Readonly<Record<string, string | undefined>>
}

export type SecretKind = 'password' | 'backup-key'

/** The id of the key that opens the backups. */
const backupKey = 'backup-key'

/** Secrets as files of mode 0600 that belong to the run-as user, so that the agent can read them without the spec's environment. */
export class SecretStore {
  readonly #options: SecretStoreOptions

  constructor(options: SecretStoreOptions) {
    this.#options = options
  }

  /** True when the secret's file is there. */
  has(id: string): boolean {
    return lstatSync(this.#file(id), { throwIfNoEntry: false })?.isFile() === true
  }

  /** Ids of all secrets that are there. */
  ids(): string[] {
    try {
      return readdirSync(this.#options.directory).filter((id) => idPattern.test(id))
    } catch {
      return []
    }
  }

  /**
   * True when the secret is there and, for `env` and `file` references that can be read now, still what the reference
   * gives: a changed password file has to be fetched again.
   */
  isCurrent({ id, reference }: SecretId): boolean {
    if (!this.has(id)) return false
    const source = this.#fetch(reference)
    return source.value === undefined || source.value === this.#readFile(id)
  }

  /**
   * Makes or fetches a secret. A generated one is made once and kept; `env` and `file` are copied whenever they can be read,
   * and the copy is used when they cannot. Throws DiagnosticError SECRET_UNAVAILABLE, BACKUP_KEY_GONE.
   */
  async provide(id: string, reference: SecretReference, kind: SecretKind): Promise<void> {
    const source = this.#fetch(reference)
    if (source.value !== undefined) {
      if (!this.has(id) || this.#readFile(id) !== source.value) await this.#write(id, source.value)
      return
    }
    if (this.has(id)) return
    if (!('generated' in reference)) throw new DiagnosticError(unavailable(id, source.why))
    if (id === backupKey && this.#options.backupsExist()) throw new DiagnosticError(this.#backupKeyGone())
    const value =
      kind === 'backup-key'
        ? await this.#options.generateBackupKey()
        : generatedPassword(randomBytes(passwordBytes))
    await this.#write(id, value)
  }

  /** The value. Throws DiagnosticError SECRET_GONE or BACKUP_KEY_GONE, which say what the loss means; FILE_DENIED. */
  read(id: string): Promise<string> {
    return promised(() => this.#require(id))()
  }

  #require(id: string): string {
    const value = this.#readFile(id)
    if (value !== undefined) return value
    throw new DiagnosticError(
      id === backupKey && this.#options.backupsExist() ? this.#backupKeyGone() : this.#gone(id),
    )
  }

  /** Losses that no new value makes good: existing backups whose key is gone and cannot be fetched again. */
  blocked(wanted: readonly SecretId[]): Diagnostic[] {
    const key = wanted.find(({ id }) => id === backupKey)
    if (!key || this.has(backupKey) || !('generated' in key.reference) || !this.#options.backupsExist())
      return []
    return [this.#backupKeyGone()]
  }

  async #write(id: string, value: string): Promise<void> {
    const { directory, runAs } = this.#options
    try {
      if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) await giveTo(directory, runAs)
    } catch (error) {
      throw asFileFinding(error, 'make the directory', directory)
    }
    writeWholeFile(this.#file(id), value, { mode: 0o600, owner: runAs })
  }

  #readFile(id: string): string | undefined {
    const path = this.#file(id)
    try {
      return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw asFileFinding(error, 'read the secret', path)
    }
  }

  #file(id: string): string {
    if (!idPattern.test(id)) throw new Error(`not the id of a secret: ${id}`)
    return join(this.#options.directory, id)
  }

  /** What a reference gives now; `why` when it gives nothing. Generated ones give nothing by nature. */
  #fetch(reference: SecretReference): { value?: string; why: string } {
    if ('env' in reference) {
      const value = (this.#options.env ?? process.env)[reference.env]
      return value ? { value, why: '' } : { why: `the environment variable ${reference.env} is not set` }
    }
    if ('file' in reference) {
      const path = isAbsolute(reference.file)
        ? reference.file
        : join(this.#options.baseDirectory, reference.file)
      try {
        // an editor ends a file with a newline, which is no part of a password
        const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
        return value === '' ? { why: `${path} is empty` } : { value, why: '' }
      } catch (error) {
        return {
          why: `${path} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'})`,
        }
      }
    }
    return { why: 'it is generated' }
  }

  #gone(id: string): Diagnostic {
    const means = id.startsWith('role-')
      ? `pgherd up sets a new password for the role "${decodeURIComponent(id.slice('role-'.length))}", and its applications need the new one`
      : id === 'agent-token'
        ? 'pgherd up makes a new one, and programs that write to the agent need it'
        : 'pgherd up makes a new one'
    return diagnose('SECRET_GONE', {
      detail: `the file of the secret ${id} is missing in ${this.#options.directory}; ${means}`,
      mend: mend.run('pgherd', 'up'),
      at: { file: this.#file(id) },
    })
  }

  #backupKeyGone(): Diagnostic {
    return diagnose('BACKUP_KEY_GONE', {
      detail:
        `the key of the backups is missing (${this.#file(backupKey)}); the backups that exist cannot be read without it, ` +
        'so no new key is made in its place',
      mend: mend.advice(
        `put the saved key back at ${this.#file(backupKey)}; if it is lost for good, move the repository away and run: pgherd up`,
      ),
      at: { file: this.#file(backupKey) },
    })
  }
}

/** `role-<encodeURIComponent>`, `backup-key`, `agent-token`: never a path. encodeURIComponent leaves these characters. */
const idPattern = /^[a-z][A-Za-z0-9%_.!~*'()-]*$/

function unavailable(id: string, why: string): Diagnostic {
  return diagnose('SECRET_UNAVAILABLE', {
    detail: `the secret ${id} cannot be fetched: ${why}; the spec holds references only, so the value must be where it points`,
    mend: mend.advice('set it for this command, or correct the reference in the spec'),
  })
}
