import { exitCodes } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { presentSites } from '../present-cluster.ts'
import { openSession } from '../session.ts'
import { endDryRun } from '../views/cluster-operation.ts'
import { planDown, stopMembers } from '../stop-members.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const session = await openSession(globals, { savedSpec: true })
  const dryRun = options['dryRun'] === true
  using _lock = dryRun ? undefined : session.lock('pgherd down')
  const { cluster } = session
  // servers the spec names no more run as well
  const there = cluster && (await presentSites(session, cluster))
  const all =
    there && cluster
      ? { ...session, sites: there.sites, cluster: { ...cluster, topology: there.topology } }
      : session
  if (dryRun) return endDryRun(await planDown(all), output)
  const stopped = await stopMembers(all)
  output.line(
    stopped.length === 0
      ? 'Nothing was running.'
      : `Stopped ${stopped.join(', ')}. The data stays in ${session.state}; start again with: pgherd up`,
  )
  output.document({ ok: true, stopped, state: session.state })
  return exitCodes.done
}
