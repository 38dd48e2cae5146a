import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Observation, VolumeObservation } from '../checks/observation.ts'
import type { Member } from '../topology/topology.ts'

/** Size, free space (for ordinary users) and device of the file system that holds a path, or would hold it. */
async function volumeOf(path: string): Promise<VolumeObservation> {
  try {
    const [space, { dev }] = await Promise.all([statfs(path), stat(path)])
    return { totalBytes: space.blocks * space.bsize, freeBytes: space.bavail * space.bsize, device: dev }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path)
      return volumeOf(dirname(path))
    throw error
  }
}

/** The file systems of the data and of the repository; null when they cannot be looked at. */
export async function readVolumes(member: Member): Promise<Observation['volumes']> {
  try {
    const [data, repository] = await Promise.all([
      volumeOf(member.paths.data),
      volumeOf(member.paths.repository),
    ])
    return { data, repository }
  } catch {
    return null
  }
}
