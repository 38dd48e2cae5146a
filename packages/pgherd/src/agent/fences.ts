import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { uptime } from 'node:os'
import type { FenceObservation } from '../checks/observation.ts'
import { fenceObservation, readFenceStatus } from '../fence/fence-status.ts'
import { serversOf, type Topology } from '../topology/topology.ts'

/** What the fences of this machine have written down; members whose files are elsewhere are left out. Never throws. */
export async function readFences(topology: Topology): Promise<readonly FenceObservation[]> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const here = serversOf(topology).filter(({ paths }) => existsSync(paths.run))
  return Promise.all(
    here.map(async ({ name, paths }) =>
      fenceObservation(name, await readFenceStatus(`${paths.run}/fence.json`), boot.trim(), uptime()),
    ),
  )
}
