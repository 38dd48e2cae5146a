import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { refuseWithoutRoom } from '../../backup/restore/scratch.ts'
import type { Server } from './decide.ts'

/**
 * Refuses when the disks cannot hold a second copy of the data for every member beside what is kept; members may share a
 * disk. Throws DiagnosticError RESTORE_NO_SPACE.
 */
export async function refuseWithoutRoomForAll(servers: readonly Server[], bytes: number): Promise<void> {
  const disks = new Map<number, { readonly directory: string; copies: number }>()
  for (const { data } of servers) {
    const directory = dirname(data)
    const disk = await stat(directory).then(
      ({ dev }) => dev,
      () => -1,
    )
    const known = disks.get(disk)
    if (known) known.copies += 1
    else disks.set(disk, { directory, copies: 1 })
  }
  for (const { directory, copies } of disks.values()) await refuseWithoutRoom(directory, bytes * copies)
}
