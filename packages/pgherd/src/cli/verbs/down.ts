import { exitCodes } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { presentSites } from '../present-cluster.ts'
import { openSession } from '../session.ts'
import { stopMembers } from '../stop-members.ts'

export const run: Verb = async ({ globals, output }) => {
  const session = await openSession(globals, { savedSpec: true })
  using _lock = session.lock('pgherd down')
  const { cluster } = session
  // servers the spec names no more run as well
  const there = cluster && (await presentSites(session, cluster))
  const stopped = await stopMembers(
    there && cluster
      ? { ...session, sites: there.sites, cluster: { ...cluster, topology: there.topology } }
      : session,
  )
  output.line(
    stopped.length === 0
      ? 'Nothing was running.'
      : `Stopped ${stopped.join(', ')}. The data stays in ${session.state}; start again with: pgherd up`,
  )
  output.document({ ok: true, stopped, state: session.state })
  return exitCodes.done
}
