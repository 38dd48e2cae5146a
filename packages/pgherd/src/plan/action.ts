import type { RenderedFile, Unit } from '../components/component.ts'
import type { SecretReference } from '../spec/schema.ts'

/** SQL with the verifier of a secret left open: `{{scram:ID}}` becomes a SCRAM-SHA-256 verifier literal. */
export interface SqlStatement {
  readonly text: string
  /** Runs outside a transaction (CREATE DATABASE and the like). */
  readonly alone?: boolean
}

/** A certificate to issue from pgherd's own CA. */
export interface CertificateRequest {
  readonly name: string
  readonly directory: string
  /** DNS names and IP addresses. */
  readonly hosts: readonly string[]
  readonly lifetimeSeconds: number
  /** Directory of the CA; left out: `directory` itself. */
  readonly authority?: string
}

/** What a step does, as data. Each kind has one executor in apply/executors/. */
export type Action =
  | {
      readonly do: 'make-directory'
      readonly path: string
      readonly mode: number
      readonly owner: RenderedFile['owner']
    }
  | { readonly do: 'write-file'; readonly file: RenderedFile }
  | {
      readonly do: 'provide-secret'
      readonly id: string
      readonly reference: SecretReference
      readonly as: 'password' | 'backup-key'
    }
  | { readonly do: 'issue-certificate'; readonly certificate: CertificateRequest }
  | {
      readonly do: 'install-certificate'
      readonly cert: string
      readonly key: string
      readonly ca: string
      readonly directory: string
      readonly hosts: readonly string[]
    }
  | { readonly do: 'initialize-data-directory'; readonly data: string; readonly initdb: readonly string[] }
  | { readonly do: 'start-unit'; readonly unit: Unit }
  | { readonly do: 'restart-unit'; readonly unit: Unit }
  | { readonly do: 'reload-unit'; readonly unit: Unit }
  /** The name, since what is wanted no more has no definition. */
  | { readonly do: 'stop-unit'; readonly name: string }
  | { readonly do: 'run-sql'; readonly database: string; readonly statements: readonly SqlStatement[] }
  /** Changes Patroni's dynamic configuration; null removes a key (Patroni REST API, PATCH /config). */
  | { readonly do: 'patch-dynamic-config'; readonly patch: Readonly<Record<string, unknown>> }
  /** Restarts PostgreSQL of a cluster's server through Patroni. */
  | { readonly do: 'restart-postgres'; readonly member: string }
  | { readonly do: 'reset-auto-conf'; readonly settings: readonly string[] }

/** What users of the database notice. */
export type Impact = 'nothing' | 'reload' | 'restart' | 'switchover' | 'rebuild' | 'stop'
