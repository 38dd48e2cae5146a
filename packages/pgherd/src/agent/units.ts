import { readFile } from 'node:fs/promises'
import type { UnitObservation } from '../checks/observation.ts'
import { supervisorPaths } from '../hosts/local/supervisor/supervisor-paths.ts'
import type { UnitRecords } from '../hosts/local/supervisor/unit-record.ts'
import type { Member } from '../topology/topology.ts'
import type { SeenUnit, UnitSource } from './sources.ts'

/**
 * Units of these members as their supervisors wrote them down; none where a record cannot be read, such as under another
 * service manager or on another machine.
 */
export function supervisedUnits(members: readonly Member[], uid: number): UnitSource {
  return { read: async () => (await Promise.all(members.map((member) => unitsOf(member, uid)))).flat() }
}

async function unitsOf({ name: member, paths }: Member, uid: number): Promise<readonly SeenUnit[]> {
  let records: UnitRecords
  try {
    records = JSON.parse(await readFile(supervisorPaths(paths.state, uid).record, 'utf8')) as UnitRecords
  } catch {
    return []
  }
  return Object.entries(records).map(([name, { wanted, restarts, lastExit }]) => ({
    member,
    name,
    state: wanted,
    restarts,
    lastExit: lastExit ?? null,
  }))
}

/** For how long restarts are remembered, in milliseconds; a check speaks of ten minutes. */
const rememberedMs = 600_000

/** Counts the restarts of the last ten minutes: the supervisor itself counts them from the last start on purpose. */
export class RestartHistory {
  readonly #seen = new Map<string, number>()
  #restarts: { readonly key: string; readonly at: number; readonly count: number }[] = []

  /** Takes in another look; `now` is monotonic milliseconds. */
  note(units: readonly SeenUnit[], now: number): readonly UnitObservation[] {
    this.#restarts = this.#restarts.filter(({ at }) => now - at < rememberedMs)
    return units.map(({ member, name, restarts, lastExit }) => {
      const key = `${member} ${name}`
      const before = this.#seen.get(key)
      this.#seen.set(key, restarts)
      // fewer than before: it was started on purpose meanwhile, and has ended since
      const more = before === undefined ? 0 : restarts >= before ? restarts - before : restarts
      if (more > 0) this.#restarts.push({ key, at: now, count: more })
      const recent = this.#restarts.filter((each) => each.key === key)
      return {
        member,
        name,
        restarts,
        recentRestarts: recent.reduce((sum, { count }) => sum + count, 0),
        lastExit,
      }
    })
  }
}
