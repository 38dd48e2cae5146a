import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { StoredFile } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { unfinishedBackups } from './backup-writer.ts'
import { isName, parseStored, sumEnding } from './stored-name.ts'

/** One file of the repository, compared with what was recorded of it. */
export interface VerifiedFile {
  /** As it lies below the root, with endings. */
  readonly name: string
  readonly state: 'good' | 'damaged' | 'missing' | 'unexpected'
  readonly finding?: Diagnostic
}

export interface VerifyReport {
  readonly checked: number
  readonly findings: readonly Diagnostic[]
  /** Where to go on with `after`; undefined when everything has been read. */
  readonly resumeAfter: string | undefined
}

/**
 * Re-reads the repository within a budget of seconds and reports what is wrong. A pass that ran out of budget
 * goes on where it stopped when `resumeAfter` is given back as `after`.
 */
export async function verifyRepository(
  repository: Repository,
  {
    after,
    budgetSeconds = Infinity,
    now = Date.now,
  }: { after?: string; budgetSeconds?: number; now?: () => number } = {},
): Promise<VerifyReport> {
  const until = now() + budgetSeconds * 1000
  const findings: Diagnostic[] = []
  let checked = 0
  for await (const { name, finding } of verifyFiles(repository, after)) {
    checked += 1
    if (finding) findings.push(finding)
    if (now() >= until) return { checked, findings, resumeAfter: name }
  }
  return { checked, findings, resumeAfter: undefined }
}

/**
 * Checks file by file, in the order of names, beginning behind `after`. Files of a backup are compared with its
 * record (size and SHA-256); WAL is opened and decompressed to its end, which checks it by its own checksums;
 * records are compared with the checksum they carry.
 */
export async function* verifyFiles(repository: Repository, after = ''): AsyncGenerator<VerifiedFile> {
  const recorded = new Map<string, StoredFile>()
  for (const backup of await repository.backups()) {
    for (const file of backup.files) recorded.set(`base/${backup.id}/${file.name}`, file)
  }
  const present = new Set(await repository.list())
  const live = (await unfinishedBackups(repository.root))
    .filter((each) => each.live)
    .map((each) => `base/${each.id}/`)
  const names = [...new Set([...recorded.keys(), ...present])].filter((name) => name > after).sort()
  for (const name of names) {
    if (live.some((directory) => name.startsWith(directory))) continue
    const state = await judge(repository, name, recorded.get(name))
    // Retention may have removed it meanwhile; what is gone together with its record is no loss.
    if (state !== 'good' && (await isGone(repository, name))) continue
    yield state === 'good' ? { name, state } : { name, state, finding: describe(repository, name, state) }
  }
}

async function judge(
  repository: Repository,
  name: string,
  recorded: StoredFile | undefined,
): Promise<VerifiedFile['state']> {
  if (recorded) {
    const directory = name.slice(0, name.lastIndexOf('/'))
    if (await repository.checkStored(directory, recorded)) return 'good'
    return (await repository.list()).includes(name) ? 'damaged' : 'missing'
  }
  if (!isName(name)) return 'unexpected'
  if (name.endsWith('.json')) return readable(async () => (await repository.readJson(name)) !== undefined)
  if (isWal(name) || parseStored(name).name === 'key-check') {
    return readable(async () => {
      for await (const piece of await repository.open(parseStored(name).name))
        if (piece === undefined) return false
      return true
    })
  }
  return name.endsWith(sumEnding) && isWal(name.slice(0, -sumEnding.length)) ? 'good' : 'unexpected'
}

function isWal(name: string): boolean {
  return /^wal\/([0-9A-F]{8}\/[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history)$/.test(parseStored(name).name)
}

async function readable(read: () => Promise<boolean>): Promise<'good' | 'damaged'> {
  try {
    return (await read()) ? 'good' : 'damaged'
  } catch (error) {
    const code = error instanceof DiagnosticError ? error.diagnostics[0]?.code : undefined
    if (code === 'BACKUP_FILE_DAMAGED' || code === 'BACKUP_FILE_MISSING') return 'damaged'
    throw error
  }
}

async function isGone(repository: Repository, name: string): Promise<boolean> {
  const id = /^base\/([^/]+)\//.exec(name)?.[1]
  const present = await repository.list()
  if (id === undefined) return !present.includes(name)
  return !present.includes(`base/${id}/backup.json`) && !present.includes(name)
}

function describe(
  repository: Repository,
  name: string,
  state: Exclude<VerifiedFile['state'], 'good'>,
): Diagnostic {
  const at = { file: `${repository.root}/${name}` }
  switch (state) {
    case 'damaged':
      return diagnose('BACKUP_FILE_DAMAGED', {
        detail: `"${name}" is not what was stored under that name. What needs it cannot be restored`,
        mend: mend.run('pgherd', 'backup'),
        at,
      })
    case 'missing':
      return diagnose('BACKUP_FILE_MISSING', {
        detail: `"${name}" belongs to a finished backup and is gone. That backup cannot be restored`,
        mend: mend.run('pgherd', 'backup'),
        at,
      })
    case 'unexpected':
      return diagnose('BACKUP_FILE_UNEXPECTED', {
        detail: `"${name}" belongs to no finished backup and is no WAL. It takes up space and is never used`,
        mend: mend.advice(
          'remove it once you know where it came from; leftovers of a crash go with the next backup',
        ),
        at,
      })
  }
}
