import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Repository, Sealing } from '../repository.ts'
import { damaged, explainReadFailure } from './damage.ts'
import { markOfTemporary } from './durable-write.ts'
import { fileRepository } from './file-repository.ts'
import { readJsonFile } from './json-file.ts'
import { descriptionSchema, type RepositoryDescription } from './record-schema.ts'

/** Format this version writes and reads; raised when an older pgherd could no longer read what is written. */
const format = 1
/** A small sealed file of known contents: opening it proves that the key is the right one. */
const keyCheck = 'key-check'
/** The description is kept twice: without it nothing else would be found. */
const descriptions = ['repository.json', 'repository.copy.json'] as const

export interface OpenRepositoryOptions {
  readonly root: string
  /** System identifier of the cluster (pg_control_system()), as decimal text. */
  readonly systemId: string
  readonly name: string
  readonly sealing: Sealing
  /** Who owns every file: the run-as user. */
  readonly owner: RunAs
}

/**
 * Opens the backup repository in a directory and creates it on first use.
 *
 * @throws DiagnosticError BACKUP_REPOSITORY_FOREIGN, BACKUP_REPOSITORY_NEWER, BACKUP_REPOSITORY_NOT_EMPTY,
 * BACKUP_REPOSITORY_UNREADABLE, BACKUP_KEY_WRONG, BACKUP_FILE_DAMAGED.
 */
export async function openRepository(options: OpenRepositoryOptions): Promise<Repository> {
  const { root, systemId, name, sealing, owner } = options
  const repository = fileRepository(root, systemId, sealing, owner)
  const found = (await describeRepository(root)) ?? (await createDirectory(root, owner))
  const keyId = await sealing.keyId()
  if (found) {
    refuseForeign(root, found, systemId)
    const keyChecked = found.sealing === 'none' || (await checkKey(repository, found, keyId))
    const sameKey = found.sealing === sealing.format && found.keyId === keyId
    if (sameKey && keyChecked && (await isWhole(repository))) return repository
  }
  // First use, encryption newly turned on, a new key on top of the one just checked, or damage that can be mended.
  if (sealing.format !== 'none')
    await repository.store(keyCheck, oneBlock(systemId), { algorithm: 'none', level: 0 })
  const description: RepositoryDescription = { format, systemId, name, sealing: sealing.format, keyId }
  for (const copy of descriptions) await repository.writeJson(copy, description)
  return repository
}

/**
 * What kind of repository a directory holds, for those who do not know the cluster yet; undefined when none.
 *
 * @throws DiagnosticError BACKUP_FILE_DAMAGED, BACKUP_REPOSITORY_NEWER, BACKUP_REPOSITORY_UNREADABLE.
 */
export async function describeRepository(root: string): Promise<RepositoryDescription | undefined> {
  let damage: DiagnosticError | undefined
  for (const copy of descriptions) {
    try {
      const found = await readDescription(join(root, copy))
      if (found) return found
    } catch (error) {
      if (!isDamage(error)) throw error
      damage ??= error
    }
  }
  if (damage) throw damage
  return undefined
}

async function readDescription(path: string): Promise<RepositoryDescription | undefined> {
  const value = await readJsonFile(path)
  if (value === undefined) return undefined
  const found = (value as { format?: unknown }).format
  if (typeof found === 'number' && found > format) {
    throw new DiagnosticError(
      diagnose('BACKUP_REPOSITORY_NEWER', {
        detail: `"${path}" says that the repository has format ${found}, and this pgherd knows formats up to ${format}. Writing to it could make its backups unreadable`,
        mend: mend.advice('install the pgherd that wrote it, or a newer one'),
        at: { file: path },
      }),
    )
  }
  const { data } = descriptionSchema.safeParse(value)
  if (!data) throw damaged(path, 'it does not describe a repository')
  return data
}

/** Whether both copies of the description are there and undamaged. */
async function isWhole(repository: Repository): Promise<boolean> {
  try {
    const copies = await Promise.all(descriptions.map((copy) => repository.readJson(copy)))
    return copies.every((copy) => copy !== undefined)
  } catch (error) {
    if (isDamage(error)) return false
    throw error
  }
}

function isDamage(error: unknown): error is DiagnosticError {
  const code = error instanceof DiagnosticError ? error.diagnostics[0]?.code : undefined
  return code === 'BACKUP_FILE_DAMAGED' || code === 'BACKUP_FILE_MISSING'
}

function refuseForeign(root: string, found: RepositoryDescription, systemId: string): void {
  if (found.systemId === systemId) return
  throw new DiagnosticError(
    diagnose('BACKUP_REPOSITORY_FOREIGN', {
      detail: `the repository in "${root}" holds the backups of cluster ${found.systemId} ("${found.name}"), and this cluster is ${systemId}. Mixing the WAL of two clusters would make both unrestorable`,
      mend: mend.advice(
        'set backups.repository to a directory of its own; to bring the old cluster back instead, restore from that repository first',
      ),
      at: { file: join(root, 'repository.json') },
    }),
  )
}

/** False when the check itself is damaged, while the key is known to be the same. */
async function checkKey(
  repository: Repository,
  found: RepositoryDescription,
  keyId: string,
): Promise<boolean> {
  if (repository.sealing.format === 'none') {
    throw wrongKey(repository.root, found, 'the spec says backups.encryption: none')
  }
  try {
    const text = await buffer(await repository.open(keyCheck))
    if (text.toString() === found.systemId) return true
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  if (found.keyId === keyId) return false
  throw wrongKey(repository.root, found, `the key that was given (${keyId}) does not open it`)
}

function wrongKey(root: string, found: RepositoryDescription, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_KEY_WRONG', {
      detail: `the repository in "${root}" is encrypted for key ${found.keyId}: ${why}. Backups can be neither read nor added`,
      mend: mend.advice(
        'put the right key back as the backup key (secret backup-key); when it is lost, set backups.repository to a new directory and take a new backup',
      ),
      at: { file: join(root, 'repository.json') },
    }),
  )
}

/**
 * Makes the directory, and refuses one that is used for something else: its mode and files become ours. Gives back the
 * description when another process (the agent beside `up`) has made the repository meanwhile.
 */
async function createDirectory(root: string, owner: RunAs): Promise<RepositoryDescription | undefined> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 })
    const others = (await readdir(root)).filter((each) => !isOurLeftover(each))
    if (others.length > 0) {
      const made = await describeRepository(root)
      if (made) return made
      throw new DiagnosticError(
        diagnose('BACKUP_REPOSITORY_NOT_EMPTY', {
          detail: `"${root}" holds other files (${others.slice(0, 3).join(', ')}) and no repository.json, so it is not a repository, or has lost its description`,
          mend: mend.advice(
            'set backups.repository to an empty or new directory, or put repository.json back',
          ),
          at: { file: root },
        }),
      )
    }
    if (((await stat(root)).mode & 0o777) !== 0o700) await chmod(root, 0o700)
    await giveTo(root, owner)
    return undefined
  } catch (error) {
    throw error instanceof DiagnosticError ? error : explainReadFailure(root, error)
  }
}

/** What a crash before the first repository.json, or a fresh file system, leaves. */
function isOurLeftover(name: string): boolean {
  return name === 'lost+found' || name.startsWith(`${keyCheck}.`) || markOfTemporary(name) !== undefined
}

async function* oneBlock(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}
