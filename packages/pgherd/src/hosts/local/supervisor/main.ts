import { unlinkSync } from 'node:fs'
import { acquireLock } from '../lock.ts'
import { serveControl } from './control-server.ts'
import { shareSocket, Supervisor } from './supervisor.ts'
import { readConfig } from './supervisor-config.ts'
import { supervisorPaths } from './supervisor-paths.ts'

/**
 * The supervisor's process: `main.ts <state directory>`. Ends at once when another one holds the lock. SIGTERM and
 * SIGINT stop every unit in order, as at a shutdown of the machine; the next `pgherd up` starts them again.
 */
async function main(state: string): Promise<void> {
  process.umask(0o077)
  const paths = supervisorPaths(state, process.geteuid?.() ?? 0)
  const config = readConfig(paths)
  const lock = acquireLock(paths.lock, 'the supervisor')
  if (!lock) return
  const supervisor = new Supervisor(config, paths)
  const server = await serveControl(paths.socket, (request) => supervisor.carryOut(request))
  shareSocket(paths.socket, config)
  supervisor.onEnd = () => {
    try {
      unlinkSync(paths.socket)
    } catch {
      // removed together with the state directory
    }
    server.close()
    // the answer to the request that ended it must still go out
    setTimeout(() => {
      lock.release()
      process.exit(0)
    }, 50)
  }
  process.on('SIGHUP', () => undefined)
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void supervisor.stopAll(false))
  await supervisor.begin()
}

const [state] = process.argv.slice(2)
if (state === undefined) throw new Error('usage: main.ts <state directory>')
await main(state)
