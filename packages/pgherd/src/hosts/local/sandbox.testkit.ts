import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../../testbed/src/free-port.ts'
import type { Unit } from '../../components/component.ts'
import { specSchema, type Spec } from '../../spec/schema.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { layOut, type Member } from '../../topology/topology.ts'
import type { WriteHost } from '../host.ts'
import { findInvoker, findRunAs } from './accounts.ts'
import { createLocalHost } from './local-host.ts'
import { SupervisorClient } from './supervisor/supervisor-client.ts'
import { supervisorPaths } from './supervisor/supervisor-paths.ts'
import type { Timing } from './supervisor/timing.ts'

/** A state directory of its own with the directories a plan would make, and a host for it; everything stopped and gone afterwards. */
export interface Sandbox extends AsyncDisposable {
  readonly spec: Spec
  readonly member: Member
  readonly runAs: RunAs
  readonly invoker: RunAs
  readonly host: WriteHost
  readonly client: SupervisorClient
  /** A unit that runs a program with its log in the sandbox. */
  unit(name: string, argv: readonly string[], more?: Partial<Unit>): Unit
}

/** Impatient, so that tests of restarts are short. */
export const quick: Partial<Timing> = {
  firstDelay: 50,
  longestDelay: 1000,
  stableAfter: 2000,
  settleAfter: 100,
  pollEvery: 100,
  rotateEvery: 200,
}

export async function makeSandbox(timing: Partial<Timing> = quick): Promise<Sandbox> {
  const state = mkdtempSync(join(tmpdir(), 'pgh-'))
  const invoker = findInvoker()
  const runAs = findRunAs(invoker)
  const spec = specSchema.parse({
    name: 'test',
    postgres: { port: await freePort() },
    agent: { port: await freePort() },
  })
  const member = layOut(spec, { state, sockets: join(state, 'run', 's') }).members[0]
  if (!member) throw new Error('a topology has a member')
  const { paths } = member
  chmodSync(state, 0o755)
  mkdirSync(paths.units, { mode: 0o755 })
  for (const path of [paths.config, paths.tls, paths.secrets, paths.logs, paths.run, paths.sockets]) {
    mkdirSync(path, { mode: 0o700 })
    if (invoker.uid === 0) chownSync(path, runAs.uid, runAs.gid)
  }
  const client = new SupervisorClient(supervisorPaths(state, invoker.uid).socket)
  return {
    spec,
    member,
    runAs,
    invoker,
    client,
    host: createLocalHost({ member, spec, runAs, invoker, timing }),
    unit: (name, argv, more = {}) => ({
      name,
      argv,
      env: {},
      workingDirectory: '/',
      user: 'run-as',
      after: [],
      stop: { signal: 'SIGTERM', timeoutSeconds: 5, thenSignal: 'SIGKILL' },
      logFile: join(paths.logs, `${name}.log`),
      ...more,
    }),
    async [Symbol.asyncDispose]() {
      if (await client.status()) await client.request({ do: 'shutdown' })
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** Waits until something is true; fails after a while with what it waited for. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 15_000,
): Promise<void> {
  for (const start = Date.now(); Date.now() - start < milliseconds;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`this never happened: ${what}`)
}
