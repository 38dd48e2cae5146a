import type pg from 'pg'
import type { OperationContext } from '../context.ts'
import type { Mend } from '../../diagnostic/diagnostic.ts'
import type { Spec } from '../../spec/schema.ts'

/** What a measurement may use. Every connection is closed by the caller of `measure`. */
export interface VerifyTools {
  readonly context: OperationContext
  /** Over the local socket as superuser. */
  readonly asSuperuser: (database?: string) => Promise<pg.Client>
  /** Over TCP with TLS and the password of the spec, as an application connects. */
  readonly asRole: (role: string, database: string) => Promise<pg.Client>
  /** Over TCP with the given TLS setting; for what must be refused. */
  readonly overTcp: (role: string, database: string, tls: 'verified' | 'none') => Promise<pg.Client>
  /** A GET to the agent; `milliseconds` until the whole answer was there. */
  readonly askAgent: (path: string) => Promise<{ status: number; body: string; milliseconds: number }>
}

export interface Measured {
  readonly ok: boolean
  /** What was measured, with figures. */
  readonly measured: string
  readonly mend?: Mend
}

/** One promise of the spec (a row of the five systems' lists), with the measurement that decides it. */
export interface PromiseCheck {
  readonly id: string
  /** Rows of the systems' documents this stands for: `J3`, `P10`. */
  readonly rows: readonly string[]
  readonly promise: string
  appliesTo(spec: Spec): boolean
  measure(tools: VerifyTools): Promise<Measured>
}
