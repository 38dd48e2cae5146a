import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncPath } from '../../backup/restore/sync-tree.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import type { OperationContext } from '../context.ts'
import type { MemberMove } from './moves.ts'

/**
 * What is about to happen to the data of a cluster. `building`: what comes is not finished, and the cluster as it was.
 * `replacing`: it is finished and on disk; every member is stopped, the directories are moved and etcd is told to forget
 * the old cluster. `starting`: that is done, and only the start is left.
 */
export interface ClusterSwap {
  readonly step: 'building' | 'replacing' | 'starting'
  readonly kind: 'restore' | 'undo'
  /** The member that is the primary first, and the others are cloned from. */
  readonly first: string
  readonly moves: readonly MemberMove[]
  /** Directories of tablespaces made for what comes. */
  readonly tablespaces: readonly string[]
  readonly startedAt: string
}

type Home = Pick<OperationContext, 'member' | 'facts'>

function swapFile({ member }: Home): string {
  return join(member.paths.run, 'cluster-restore.json')
}

/** Records the step, so that a run that is cut off can be finished or undone. */
export function writeSwap(home: Home, swap: ClusterSwap): void {
  writeWholeFile(swapFile(home), `${JSON.stringify(swap)}\n`, { mode: 0o600, owner: home.facts.runAs })
}

/** What is on record; undefined when nothing was cut off. */
export async function readSwap(home: Home): Promise<ClusterSwap | undefined> {
  const text = await readFile(swapFile(home), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as ClusterSwap)
}

export async function clearSwap(home: Home): Promise<void> {
  await rm(swapFile(home), { force: true })
  await syncPath(dirname(swapFile(home)))
}

/** What comes in place of the data of the first member. */
export function comingData({ moves, first }: ClusterSwap): string {
  const from = moves.find(({ member }) => member === first)?.from
  if (from === undefined) throw new Error('the first member always gets data')
  return from
}
