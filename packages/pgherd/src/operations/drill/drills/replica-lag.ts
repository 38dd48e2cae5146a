import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import { unnoticed, type Drill } from '../drill.ts'
import { poll } from '../poll.ts'
import { siteOf, type DrillWorld } from '../world.ts'

const messageBytes = 1024 * 1024

/**
 * A standby replays nothing and falls behind: readers must not be sent to old data. The process is frozen, because
 * Patroni resumes a replay that was paused by SQL at its next loop (3.0.2, postgresql/__init__.py, resume_wal_replay).
 */
export const replicaLag: Drill = {
  name: 'replica-lag',
  fault: 'held',
  holdSeconds: () => 5,
  needs: [],
  says: ({ member }) => ({
    does: `freezes the replay of ${member}, a standby, and writes more WAL than the read route tolerates`,
    risk: 'reads are served by fewer members for a while',
    expects: `${member} leaves the read route, writes and reads go on, and it comes back once it has caught up`,
  }),
  aim(_world, view) {
    const standbys = view.members.filter(({ name, role }) => role === 'standby' && name !== view.leader)
    // the synchronous one holds every acknowledged write; any will do, but not that one
    const standby = standbys.find(({ sync }) => sync === 'async' || sync === 'none') ?? standbys[0]
    if (standby) return Promise.resolve({ member: standby.name, details: { leader: view.leader ?? '' } })
    throw new DiagnosticError(
      diagnose('DRILL_UNAVAILABLE', {
        detail: 'there is no standby whose replay could be stopped',
        mend: mend.run('pgherd', 'status'),
      }),
    )
  },
  async inject(world, { member, details }) {
    await siteOf(world, member).faults.freeze('replay')
    const messages = Math.ceil(world.topology.spec.routing.readLag / messageBytes) + 8
    const message = `SELECT pg_logical_emit_message(false, 'pgherd_drill', repeat('x', ${messageBytes}))`
    const statements = Array.from({ length: messages }, () => ({ text: message, alone: true }))
    await siteOf(world, details['leader']).host.sql('postgres', statements)
  },
  heal: (world, { member }) => siteOf(world, member).faults.thaw('replay'),
  consequence: (view, { member }) =>
    view.routes.some((each) => each.route === 'read' && each.member === member && !each.up),
  checkDuring: async (world, { member }) => [await routed(world, member, false)],
  checkAfter: async (world, { member }) => [await routed(world, member, true)],
  expectation: () => unnoticed,
}

async function routed(world: DrillWorld, member: string, wanted: boolean) {
  const seen = await poll(30, world.signal, async () => {
    const { routes } = await world.observe()
    const up = routes.find((each) => each.route === 'read' && each.member === member)?.up
    return up === wanted || undefined
  })
  const name = wanted ? 'takes reads again' : 'takes no reads while it is behind'
  return { name: `${member} ${name}`, ok: seen === true, detail: 'HAProxy says so on its statistics page' }
}
