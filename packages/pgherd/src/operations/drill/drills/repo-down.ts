import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { Exit } from '../../../hosts/host.ts'
import { homeOf } from '../../../topology/topology.ts'
import { unnoticed, type Drill } from '../drill.ts'
import { poll } from '../poll.ts'
import { siteOf, type DrillWorld } from '../world.ts'

/**
 * The backup repository cannot be reached. It is renamed, and a file takes its place: whoever would make a new directory
 * there, and so a second repository, is refused.
 */
export const repoDown: Drill = {
  name: 'repo-down',
  fault: 'held',
  holdSeconds: () => 20,
  needs: ['archive'],
  says: ({ details }) => ({
    does: `takes the backup repository ${details['repository'] ?? ''} away for 20 s`,
    risk: 'what is written meanwhile is not in the archive until it is back',
    expects: 'writes go on, and the archive catches up without a gap',
  }),
  aim(world) {
    const { name, paths } = homeOf(world.topology)
    return Promise.resolve({
      member: name,
      details: { repository: paths.repository, away: `${paths.repository}.drill-away` },
    })
  },
  async inject(world, { member, details }) {
    const { host } = siteOf(world, member)
    const { repository = '', away = '' } = details
    demand(await host.exec(['mv', '--no-target-directory', '--', repository, away]), repository)
    demand(await host.exec(['touch', '--', repository]), repository)
  },
  async heal(world, { member, details }) {
    const { host } = siteOf(world, member)
    const { repository = '', away = '' } = details
    if ((await host.stat(away)) === undefined) return
    demand(await host.exec(['rm', '-f', '--', repository]), repository)
    demand(await host.exec(['mv', '--no-target-directory', '--', away, repository]), repository)
  },
  checkAfter: async (world) => [await caughtUp(world)],
  // with `backups.synchronous` a commit waits for the archive, and that is what the spec asks for
  expectation: () => unnoticed,
}

/** WAL written after the repository came back is in the archive, and nothing before it is missing. */
async function caughtUp(world: DrillWorld) {
  const before = await world.archive?.()
  const { leader } = await world.observe()
  await siteOf(world, leader).host.sql('postgres', [{ text: 'SELECT pg_switch_wal()', alone: true }])
  const after = await poll(90, world.signal, async () => {
    const state = await world.archive?.()
    return state && state.gaps.length === 0 && state.newest !== before?.newest ? state : undefined
  })
  const gaps = after?.gaps ?? (await world.archive?.())?.gaps ?? []
  return {
    name: 'the archive catches up without a gap',
    ok: after !== undefined,
    detail: after ? `archived up to ${after.newest ?? '?'}` : gaps.join('; ') || 'nothing new was archived',
  }
}

function demand({ code, stderr }: Exit, repository: string): void {
  if (code === 0) return
  throw new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: `the repository ${repository} cannot be moved: ${stderr.trim()}`,
      mend: mend.advice('a repository that is a mount point cannot be taken away by this drill'),
      at: { file: repository },
    }),
  )
}
