import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryHost, type MemoryHost, type MemoryHostOptions } from '../hosts/memory/memory-host.ts'
import type { Plan } from '../plan/plan.ts'
import { inputOf, machineOf } from '../plan/settled.testkit.ts'
import { wantedState, type Wanted } from '../plan/wanted.ts'
import type { Member } from '../topology/topology.ts'
import type { ApplyTools } from './executor.ts'
import { Journal } from './journal.ts'
import type { Observer } from './observe.ts'

/** A member on a host in memory; the journal alone is on disk, since it must survive the process. */
export interface TestMember extends Disposable {
  readonly wanted: Wanted
  readonly member: Member
  readonly host: MemoryHost
  readonly tools: ApplyTools
  readonly secrets: Map<string, string>
  readonly journalDirectory: string
  /** What certificates were asked for, in order. */
  readonly issued: string[]
  readonly portsTaken: Set<number>
}

export function testMember(
  options: Partial<Omit<MemoryHostOptions, 'member' | 'facts'>> & {
    readonly journal?: boolean
    readonly spec?: string
  } = {},
): TestMember {
  const root = mkdtempSync(join(tmpdir(), 'apply-'))
  const journalDirectory = join(root, 'journal')
  if (options.journal !== false) mkdirSync(journalDirectory)
  const facts = machineOf()
  const input = inputOf(options.spec, facts)
  const host = createMemoryHost({ member: input.member, facts, ...options })
  const secrets = new Map<string, string>()
  const issued: string[] = []
  const portsTaken = new Set<number>()
  const observer: Observer = {
    host,
    secrets: {
      isCurrent: ({ id }) => secrets.has(id),
      blocked: () => [],
      fill: () => Promise.resolve(undefined),
      blank: (found) => Promise.resolve(found),
      passwords: ({ objects }) => {
        const known = objects.roles.flatMap(({ name, secret }) => {
          const password = secrets.get(secret ?? '')
          return password === undefined ? [] : [[name, password] as const]
        })
        return Promise.resolve({ byRole: new Map(known), unreadable: new Set<string>() })
      },
    },
    portTaken: (port) => Promise.resolve(portsTaken.has(port)),
    certificate: () => Promise.resolve({ state: issued.length > 0 ? 'good' : 'missing' }),
    interrupted: () => Journal.interrupted(journalDirectory),
  }
  const tools: ApplyTools = {
    host,
    observer,
    secrets: {
      provide: (id) => Promise.resolve(void secrets.set(id, `value of ${id}`)),
      read: (id) => {
        const value = secrets.get(id)
        return value === undefined ? Promise.reject(new Error(`no secret ${id}`)) : Promise.resolve(value)
      },
    },
    certificates: {
      issue: ({ name }) => Promise.resolve(void issued.push(`issue ${name}`)),
      install: ({ cert }) => Promise.resolve(void issued.push(`install ${cert}`)),
    },
  }
  return {
    wanted: wantedState(input),
    member: input.member,
    host,
    tools,
    secrets,
    journalDirectory,
    issued,
    portsTaken,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A plan of the given actions, as decide would make it. */
export function planOf(...actions: readonly Plan['steps'][number]['action'][]): Plan {
  return {
    observed: 'digest',
    findings: [],
    partial: false,
    steps: actions.map((action, index) => ({
      id: `step-${index}`,
      member: 'pg1',
      after: index === 0 ? [] : [`step-${index - 1}`],
      title: `${action.do} number ${index}`,
      because: 'a test says so',
      cause: 'create',
      impact: 'nothing',
      action,
    })),
  }
}
