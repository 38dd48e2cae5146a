import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { BackupRecord, ProofRecord } from '../catalogue.ts'
import type { WalInventory } from '../repository.ts'
import { isAbsent } from './damage.ts'
import { readJsonFile } from './json-file.ts'
import { backupRecordSchema, proofRecordSchema, walPositionSchema } from './record-schema.ts'
import { isBackupId, parseStored, sumEnding } from './stored-name.ts'

/** Names in a directory, sorted; none when it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

/**
 * Finished base backups, oldest first. One whose record is damaged is left out, since nothing in it can be
 * trusted; `verifyRepository` reports it.
 */
export async function readBackups(root: string): Promise<BackupRecord[]> {
  const records: BackupRecord[] = []
  for (const id of (await namesIn(join(root, 'base'))).filter(isBackupId)) {
    const record = await readRecord(join(root, 'base', id, 'backup.json'), backupRecordSchema)
    if (record?.id === id) records.push(record)
  }
  return records
}

/** Proofs, oldest first; damaged ones are left out and count for nothing. */
export async function readProofs(root: string): Promise<ProofRecord[]> {
  const names = (await namesIn(join(root, 'proofs'))).filter(
    (name) => name.endsWith('.json') && !name.startsWith('.'),
  )
  const proofs = await Promise.all(
    names.map((name) => readRecord(join(root, 'proofs', name), proofRecordSchema)),
  )
  return proofs
    .filter((proof) => proof !== undefined)
    .sort((a, b) => Date.parse(a.provenAt) - Date.parse(b.provenAt))
}

/** What WAL there is. A damaged position counts as none: the next one is written within seconds of archiving. */
export async function readWal(root: string): Promise<WalInventory> {
  // Before the files: what is archived while they are listed must not be missing from the list.
  const position = await readRecord(join(root, 'wal', 'position.json'), walPositionSchema)
  const segments = new Map<number, string[]>()
  const histories: number[] = []
  let partial: WalInventory['partial']
  for (const entry of await namesIn(join(root, 'wal'))) {
    const history = /^([0-9A-F]{8})\.history$/.exec(parseStored(entry).name)
    if (history && !entry.endsWith(sumEnding)) histories.push(Number.parseInt(history[1] ?? '', 16))
    if (!/^[0-9A-F]{8}$/.test(entry)) continue
    const timeline = Number.parseInt(entry, 16)
    const names = (await namesIn(join(root, 'wal', entry))).map((name) => parseStored(name).name)
    const finished = [...new Set(names.filter((name) => /^[0-9A-F]{24}$/.test(name)))]
    if (finished.length > 0) segments.set(timeline, finished)
    const newest = names.findLast((name) => /^[0-9A-F]{24}\.partial$/.test(name))?.slice(0, 24)
    if (newest !== undefined && !finished.includes(newest)) partial = { timeline, segment: newest }
  }
  return {
    segments,
    histories: [...new Set(histories)],
    ...(partial && { partial }),
    ...(position && { position }),
  }
}

/** A record that is there, undamaged and of the right form. */
export async function readRecord<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.safeParse(await readJsonFile(path)).data
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics[0]?.code === 'BACKUP_FILE_DAMAGED')
      return undefined
    throw error
  }
}
