import { clamp, floorTo, MB } from './size-text.ts'
import { overrideNumber, type Sizing } from './sizing.ts'

/** initdb's segment size; max_wal_size and min_wal_size must hold two of them (xlog.c, XLOGShmemSize checks). */
export const walSegment = 16 * MB

/** Shares of the data volume: WAL between checkpoints, and WAL held back by slots. */
export const walShare = 0.1
export const slotShare = 0.15

export interface WalPlan {
  /** Bytes. */
  readonly maxWal: number
  readonly minWal: number
  readonly slotKeep: number
}

/**
 * WAL sizes from the volume's total size, never from what is free now: free space shrinks when the archive
 * lags, and a limit that shrank with it would drop the very WAL the archive waits for.
 */
export function planWal(sizing: Sizing): WalPlan {
  const volume = sizing.facts.volumes.data.totalBytes
  const bound = (share: number, most: number) =>
    clamp(2 * walSegment, floorTo(walSegment, volume * share), most)
  const maxWal = overrideNumber(sizing, 'max_wal_size') ?? bound(walShare, sizing.workload.maxWal)
  const slotKeep =
    overrideNumber(sizing, 'max_slot_wal_keep_size') ?? bound(slotShare, Math.max(4 * maxWal, 2 * walSegment))
  const minWal =
    overrideNumber(sizing, 'min_wal_size') ?? Math.max(2 * walSegment, floorTo(walSegment, maxWal / 4))
  return { maxWal, minWal, slotKeep }
}
