import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivate } from '../../backup/restore/scratch.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import type { OperationContext } from '../context.ts'

/** The cluster that a restore, or the undoing of one, has put aside: what it takes to bring it back. */
export interface KeptCluster {
  /** When it was put aside, as in the names of the directories. */
  readonly stamp: string
  /** What has come in its place, in words. */
  readonly replacedBy: string
  /** The member whose data is the newest. */
  readonly newest: string
  readonly timeline: number
  readonly members: readonly { readonly member: string; readonly kept: string }[]
  /** Every key Patroni had in etcd, for people to look at: positions and votes in it hold for that cluster alone. */
  readonly dcs: Readonly<Record<string, string>>
}

type Home = Pick<OperationContext, 'member' | 'facts'>

function directoryOf({ member }: Home): string {
  return join(member.paths.state, 'restores')
}

/** Where the record of a kept cluster lies. */
export function keptFile(home: Home, stamp: string): string {
  return join(directoryOf(home), `${stamp}.json`)
}

/** Throws DiagnosticError when the disk does not take it. */
export async function writeKept(home: Home, kept: KeptCluster): Promise<void> {
  await makePrivate(directoryOf(home), home.facts.runAs)
  writeWholeFile(keptFile(home, kept.stamp), `${JSON.stringify(kept, null, 2)}\n`, {
    mode: 0o600,
    owner: home.facts.runAs,
  })
}

export async function forgetKept(home: Home, stamp: string): Promise<void> {
  await rm(keptFile(home, stamp), { force: true })
}

/** Every record, newest first. */
export async function keptClusters(home: Home): Promise<readonly KeptCluster[]> {
  const names = await readdir(directoryOf(home)).catch(() => [])
  const texts = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFile(join(directoryOf(home), name), 'utf8')),
  )
  return texts
    .map((text) => JSON.parse(text) as KeptCluster)
    .toSorted((one, other) => (one.stamp < other.stamp ? 1 : -1))
}
