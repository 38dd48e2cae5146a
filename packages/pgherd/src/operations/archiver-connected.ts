import { walSlot } from '../backup/stream/wal-receiver.ts'
import type { ReadHost } from '../hosts/host.ts'
import type { OperationContext } from './context.ts'
import { waitUntil } from './wait-until.ts'

/** The archiver tries again with pauses of up to 15 s, and some more. */
const patienceMs = 25_000

/**
 * Waits until the archiver, which the agent of `home` runs, is connected to the primary: a server that is stopped first
 * sends those who are connected all it has (WalSndDone in walsender.c), so then the archive ends with the newest commit.
 * Not for long, and not when no agent runs: what was missed is told from the stopped server. Throws only the reason of
 * the signal.
 */
export async function untilArchiverConnected(
  home: Pick<ReadHost, 'units'>,
  primary: Pick<ReadHost, 'probe'>,
  { report, signal }: Pick<OperationContext, 'report' | 'signal'>,
): Promise<void> {
  const isConnected = () =>
    primary.probe({
      kind: 'sql',
      database: 'postgres',
      text: `select active from pg_replication_slots where slot_name = '${walSlot}'`,
      parse: ([slot]) => slot?.['active'] === true || undefined,
    })
  const agentRuns = async () =>
    (await home.units()).some(({ name, state }) => name === 'agent' && state === 'running')
  if (!(await agentRuns().catch(() => false))) return
  // a server that does not answer is stopped, or broken, which is what restores are for
  const first = await isConnected().catch(() => true)
  if (first === true) return
  report('waiting for the archiver to connect')
  await waitUntil(isConnected, { ms: patienceMs, signal })
}
