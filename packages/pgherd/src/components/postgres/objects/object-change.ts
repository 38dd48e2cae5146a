import type { Diagnostic, Mend } from '../../../diagnostic/diagnostic.ts'
import type { DeclaredDatabase, DeclaredObjects, DeclaredRole } from './declared.ts'
import type { ObservedContents, ObservedObjects } from './observed.ts'

/** Why an object is changed: see Step.cause in plan/plan.ts. */
export type Cause = 'create' | 'change' | 'drift' | 'repair'

/** Fits SqlStatement of plan/action.ts, which lies above this folder. */
export interface ObjectStatement {
  /** May hold a `{{scram:ID}}` gap inside a literal. */
  readonly text: string
  /** Runs outside a transaction (CREATE DATABASE). */
  readonly alone?: boolean
}

/** One change of a database object. Changes are listed in the order they must be made in. */
export interface ObjectChange {
  readonly id: string
  readonly title: string
  readonly because: string
  readonly cause: Cause
  /** The database to connect to. */
  readonly database: string
  /** Made in one transaction, but for those marked `alone`. */
  readonly statements: readonly ObjectStatement[]
  /** For drift: the change of the spec that would keep what was found. */
  readonly adopt?: Mend
}

export interface Difference {
  readonly changes: readonly ObjectChange[]
  readonly findings: readonly Diagnostic[]
}

/** What every part of the diff looks at. */
export interface Comparison {
  readonly declared: DeclaredObjects
  readonly observed: ObservedObjects
  /** What the last finished `up` declared; absent before the first. */
  readonly before?: DeclaredObjects
}

/** A declared database with what is in it. */
export interface ContentsComparison {
  readonly database: DeclaredDatabase
  readonly contents: ObservedContents
  /** What the last `up` declared for it; absent when the database is made anew. */
  readonly earlier?: DeclaredDatabase
  readonly isNew: boolean
}

export const nothing: Difference = { changes: [], findings: [] }

export function joined(parts: readonly Difference[]): Difference {
  return {
    changes: parts.flatMap(({ changes }) => changes),
    findings: parts.flatMap(({ findings }) => findings),
  }
}

/** An id from a path of names; unique whatever the names hold. */
export function changeId(...names: readonly string[]): string {
  return names.map(encodeURIComponent).join('/')
}

/** What differs from the spec: did the spec change since the last `up`, or did somebody change the server? */
export function causeOf(declared: unknown, before: unknown): 'change' | 'drift' {
  return before !== undefined && JSON.stringify(declared) === JSON.stringify(before) ? 'drift' : 'change'
}

/** What is missing: never made, or made and gone. */
export function causeOfMissing(before: unknown): 'create' | 'repair' {
  return before === undefined ? 'create' : 'repair'
}

export function becauseOf(cause: Cause): string {
  return reasons[cause]
}

const reasons: Readonly<Record<Cause, string>> = {
  create: 'the spec declares it',
  change: 'the spec says so',
  drift: 'somebody changed it on the server since the last up',
  repair: 'it was there after the last up and is gone',
}

export function roleNamed(objects: DeclaredObjects | undefined, name: string): DeclaredRole | undefined {
  return objects?.roles.find((role) => role.name === name)
}

export function databaseNamed(
  objects: DeclaredObjects | undefined,
  name: string,
): DeclaredDatabase | undefined {
  return objects?.databases.find((database) => database.name === name)
}

export function sql(...texts: readonly string[]): readonly ObjectStatement[] {
  return texts.map((text) => ({ text }))
}

/** Names of all declared roles: those whose privileges are compared. */
export function knownRoles({ declared }: Comparison): ReadonlySet<string> {
  return new Set(declared.roles.map(({ name }) => name))
}
