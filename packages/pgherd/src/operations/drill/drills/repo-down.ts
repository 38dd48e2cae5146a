import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { Exit } from '../../../hosts/host.ts'
import { homeOf } from '../../../topology/topology.ts'
import { unnoticed, type Drill } from '../drill.ts'
import { poll } from '../poll.ts'
import { siteOf, type DrillSite, type DrillWorld } from '../world.ts'

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
    const { repository = '', away = '' } = details
    const site = siteOf(world, member)
    await move(site, repository, away)
    await block(site, repository)
  },
  async heal(world, { member, details }) {
    const { repository = '', away = '' } = details
    const site = siteOf(world, member)
    if ((await site.host.stat(away)) === undefined) return
    await unblock(site, repository)
    await move(site, away, repository)
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

/** The user PostgreSQL runs as may not change our own directory, and we may not change others than that. */
function isOwn({ member }: DrillSite, path: string): boolean {
  return path.startsWith(`${member.paths.state}/`)
}

async function move(site: DrillSite, from: string, to: string): Promise<void> {
  if (!isOwn(site, from))
    return demand(await site.host.exec(['mv', '--no-target-directory', '--', from, to]), from)
  try {
    await site.host.moveOwned(from, to)
  } catch (error) {
    throw immovable(from, error instanceof Error ? error.message : String(error))
  }
}

async function block(site: DrillSite, path: string): Promise<void> {
  if (!isOwn(site, path)) return demand(await site.host.exec(['touch', '--', path]), path)
  await site.host.writeFile({ path, contents: '', mode: 0o600, owner: 'run-as' })
}

async function unblock(site: DrillSite, path: string): Promise<void> {
  if (!isOwn(site, path)) return demand(await site.host.exec(['rm', '-f', '--', path]), path)
  // killed between the two moves it is still a directory, and then a repository
  if ((await site.host.stat(path))?.kind === 'file') await site.host.removeOwned(path)
}

function demand({ code, stderr }: Exit, repository: string): void {
  if (code !== 0) throw immovable(repository, stderr.trim())
}

function immovable(repository: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('DRILL_UNAVAILABLE', {
      detail: `the repository ${repository} cannot be moved: ${why}`,
      mend: mend.advice('a repository that is a mount point cannot be taken away by this drill'),
      at: { file: repository },
    }),
  )
}
