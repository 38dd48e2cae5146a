import { flushCompileCache } from 'node:module'
import pino from 'pino'
import { DiagnosticError, exitCodes } from '../diagnostic/diagnostic.ts'
import { dropPrivileges } from '../hosts/local/drop-privileges.ts'
import { loadIssuing } from '../pki/ensure.ts'
import { layOut } from '../topology/topology.ts'
import { rehearseHttp } from './http/rehearse.ts'
import { renewalIsNear } from './operation-runner.ts'
import { productionDaemon } from './production.ts'
import { readAgentFile } from './read-agent-file.ts'

/** All of an orderly stop; the supervisor kills what takes longer. */
const stopMs = 4500

/** The agent's process, started by bin/pgherd-agent.js. */
export async function runAgentProcess(file: string | undefined): Promise<void> {
  try {
    await runAgent(file)
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    for (const each of error.diagnostics)
      process.stderr.write(
        `${JSON.stringify({ level: 60, code: each.code, msg: each.detail, mend: each.mend })}\n`,
      )
    process.exit(error.exitCode)
  }
}

/**
 * Runs the agent until a signal ends it. Logs to standard error as JSON lines; no worker threads, which
 * would load files after the rights to read them are given up: everything is loaded when this is called.
 *
 * @throws DiagnosticError AGENT_FILE_INVALID
 */
async function runAgent(file: string | undefined): Promise<void> {
  process.umask(0o077)
  const log = pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the agent ends after an unexpected error')
    process.exit(1)
  })
  process.on('SIGHUP', () => undefined)

  const supervisorUid = process.getuid?.() ?? 0
  const agentFile = readAgentFile(file)
  const topology = layOut(agentFile.spec, agentFile.placement)
  if (renewalIsNear(topology, new Date())) await loadIssuing()
  await rehearseHttp()
  flushCompileCache()
  dropPrivileges()
  const stop = (why: string, code?: number) => {
    log.info({ why }, 'the agent is stopping')
    void daemon.stop(stopMs).then(() => {
      log.info({}, 'the agent has stopped')
      process.exit(code ?? (daemon.listening ? exitCodes.done : exitCodes.failed))
    })
  }
  const daemon = productionDaemon(agentFile, {
    log,
    supervisorUid,
    restart: (why) => stop(why, exitCodes.findings),
  })
  process.once('SIGTERM', (signal) => stop(signal))
  process.once('SIGINT', (signal) => stop(signal))
  daemon.start()
  log.info({ name: agentFile.spec.name, uid: process.getuid?.() }, 'the agent is running')
}
