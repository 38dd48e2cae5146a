import type { ReplicationConnection } from './replication-connection.ts'
import { codeOf } from './wal-failures.ts'

/** Silence after which the server is asked on a second connection whether it lives. */
const suspiciousMs = 5000
/** Silence that is too long even for a server that answers: longer than any checkpoint should take. */
const hopelessMs = 30 * 60_000

/**
 * Notices a server that froze in the middle of a base backup. Silence alone proves nothing, because
 * the checkpoint at the start sends nothing; so a silent server is asked on a second connection.
 */
export function watchSilence(
  connection: ReplicationConnection,
  connect: (signal?: AbortSignal) => Promise<ReplicationConnection>,
) {
  let heardAt = performance.now()
  let reading = true
  let asking = false
  let verdict: Error | undefined
  const giveUp = (message: string) => {
    verdict = new Error(message)
    connection.destroy(verdict)
  }
  const ask = async () => {
    asking = true
    try {
      const other = await connect()
      await other.identify().finally(() => other.destroy())
    } catch (error) {
      // A refusal with an SQLSTATE, such as too many connections, is an answer.
      if (!/^[0-9A-Z]{5}$/.test(codeOf(error) ?? ''))
        giveUp('the server no longer answers: it is frozen or gone')
    }
    asking = false
  }
  const timer = setInterval(() => {
    const silent = reading ? performance.now() - heardAt : 0
    if (silent > hopelessMs) giveUp(`the server has sent nothing for ${hopelessMs / 60_000} minutes`)
    else if (silent > suspiciousMs && !asking) void ask()
  }, 1000)
  return {
    /** A message came, or (false) reading waits for the repository. */
    heard: (nowReading: boolean): void => {
      reading = nowReading
      heardAt = performance.now()
    },
    verdict: (): Error | undefined => verdict,
    end: (): void => clearInterval(timer),
  }
}
