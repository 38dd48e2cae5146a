import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseControlFile, type ControlFile } from '../../backup/restore/control-file.ts'
import { serversOf, type Topology } from '../../topology/topology.ts'

export type Controls = ReadonlyMap<string, ControlFile>

/** The control file of every member that has a data directory that can be read. */
export async function readControls(topology: Topology): Promise<Controls> {
  const found = await Promise.all(
    serversOf(topology).map(async ({ name, paths }) => {
      const path = join(paths.data, 'global', 'pg_control')
      const control = await readFile(path).then(parseControlFile, () => undefined)
      return control ? ([[name, control]] as const) : []
    }),
  )
  return new Map(found.flat())
}

/**
 * The member whose data is the newest: on the highest timeline the one that led, else the one that has come furthest.
 * Undefined when there is no data. Pure.
 */
export function newestMember(controls: Controls, leader: string | undefined): string | undefined {
  const [best] = [...controls].toSorted(
    ([one, a], [other, b]) =>
      b.timeline - a.timeline ||
      Number(other === leader) - Number(one === leader) ||
      (a.checkpoint < b.checkpoint ? 1 : a.checkpoint > b.checkpoint ? -1 : 0),
  )
  return best?.[0]
}
