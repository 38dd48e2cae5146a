import { dirname } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Executor } from '../executor.ts'

/**
 * Runs initdb in a directory beside the final one and renames it when it is whole, so that a crash
 * in the middle never leaves half a cluster under the real name.
 */
export const initializeDataDirectory: Executor<'initialize-data-directory'> = async (
  { data, initdb },
  { host },
) => {
  const unfinished = `${data}.initialising`
  await host.removeOwned(unfinished)
  await host.makeDirectory(unfinished, 0o700, 'run-as')
  const { code, stderr } = await host.exec([...initdb, '--pgdata', unfinished])
  if (code !== 0) {
    await host.removeOwned(unfinished)
    const said = `initdb ended with code ${code}: ${stderr.trim().split('\n').slice(-4).join(' ')}`
    // programs are run in the C locale (hosts/local/environment.ts), where strerror(ENOSPC) is this text
    const full = stderr.includes('No space left on device')
    throw new DiagnosticError(
      diagnose(full ? 'DISK_FULL' : 'STEP_FAILED', {
        detail: full ? `${said}; nothing of it was left in ${data}` : said,
        mend: full ? mend.run('df', '-h', dirname(data)) : mend.run('pgherd', 'up'),
        at: { member: host.member },
      }),
    )
  }
  await host.moveOwned(unfinished, data)
}
