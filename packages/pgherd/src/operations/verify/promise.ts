import type pg from 'pg'
import type { OperationContext } from '../context.ts'
import type { Mend } from '../../diagnostic/diagnostic.ts'
import type { Spec } from '../../spec/schema.ts'
import type { Member } from '../../topology/topology.ts'
import type { Door } from './doors.ts'

/** What a measurement may use. Every connection is closed by the caller of `measure`. */
export interface VerifyTools {
  readonly context: OperationContext
  /** Over the local socket as superuser: of the only server, or of the present primary. */
  readonly asSuperuser: (database?: string) => Promise<pg.Client>
  /** Over the local socket of one of `servers`, as superuser. */
  readonly asSuperuserOf: (server: Member) => Promise<pg.Client>
  /** The members that hold the data. */
  readonly servers: readonly Member[]
  /** Over TCP with TLS and the password of the spec, where an application connects: in a cluster through the pool. */
  readonly asRole: (role: string, database: string) => Promise<pg.Client>
  /** Every place where TCP connections come in. */
  readonly doors: readonly Door[]
  /** Through a door without TLS; for what must be refused. */
  readonly withoutTls: (door: Door, role: string, database: string) => Promise<pg.Client>
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
