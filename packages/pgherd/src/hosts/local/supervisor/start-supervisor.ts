import { spawn } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { processScript } from '../../../package-files.ts'
import type { RunAs } from '../../../topology/host-facts.ts'
import type { MemberPaths } from '../../../topology/topology.ts'
import { cleanEnvironment } from '../environment.ts'
import { protocolVersion } from './control-protocol.ts'
import { SupervisorClient } from './supervisor-client.ts'
import { writeConfig } from './supervisor-config.ts'
import { supervisorPaths } from './supervisor-paths.ts'
import { defaultTiming, type Timing } from './timing.ts'
import { openLog, tailOf } from './unit-log.ts'

export interface SupervisorOptions {
  readonly paths: Pick<MemberPaths, 'state' | 'units' | 'logs'>
  readonly runAs: RunAs
  readonly invoker: RunAs
  readonly timing?: Partial<Timing>
}

/** How long a supervisor may take from its start to its first answer. */
const startMs = 20_000

/** The supervisor needs little; without limits V8 lets garbage grow with the size of the machine. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=64']

/**
 * Reaps what the supervisor's units leave behind (tini(1), `-s`: a child subreaper). Patroni takes a killed postmaster for
 * alive while it is a zombie (psutil), and the first process of a container may reap it seconds later or never.
 */
const reaper = '/usr/bin/tini'

/**
 * Makes sure that a supervisor looks after a state directory, and gives a client of it: starts one, detached, unless
 * one answers already. One of an older pgherd that speaks another protocol is replaced, its units go on.
 * Throws DiagnosticError SUPERVISOR_NOT_STARTED with the end of its log.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<SupervisorClient> {
  const { paths, runAs, invoker } = options
  const own = supervisorPaths(paths.state, invoker.uid)
  const client = new SupervisorClient(own.socket)
  const running = await client.status()
  if (running?.version === protocolVersion) return client
  if (running) await client.request({ do: 'leave' })
  const log = `${paths.logs}/supervisor.log`
  writeConfig(own, { runAs, units: paths.units, log, timing: { ...defaultTiming, ...options.timing } })
  let exit: string | undefined
  const output = openLog(log, runAs)
  try {
    const script = processScript('hosts/local/supervisor/main')
    const supervisor = [process.execPath, ...nodeOptions, script, paths.state]
    const [program = '', ...argv] = existsSync(reaper) ? [reaper, '-s', '--', ...supervisor] : supervisor
    const child = spawn(program, argv, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
      env: cleanEnvironment(invoker),
    })
    child.once('error', (error) => (exit = error.message))
    child.once(
      'exit',
      (code, signal) => (exit = signal ? `killed by ${signal}` : `exited with code ${code ?? 'unknown'}`),
    )
    child.unref()
  } finally {
    closeSync(output)
  }
  for (const start = Date.now(); Date.now() - start < startMs; await sleep(25)) {
    // one that found the lock taken ends with code 0: the other answers soon
    if (exit !== undefined && exit !== 'exited with code 0') break
    if ((await client.status())?.version === protocolVersion) return client
  }
  throw new DiagnosticError(
    diagnose('SUPERVISOR_NOT_STARTED', {
      detail: `the supervisor of ${paths.state} did not answer (${exit ?? `within ${startMs / 1000} s`}); its log ends: ${tailOf(log, 5)}`,
      mend: mend.run('pgherd', 'logs', 'supervisor'),
      at: { file: log },
    }),
  )
}
