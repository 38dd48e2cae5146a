import {
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { asFileFinding } from '../hosts/file-error.ts'
import { syncDirectory, writeWholeFile } from '../hosts/whole-file.ts'
import type { RunAs } from '../topology/host-facts.ts'
import { certificateFiles } from './certificate-files.ts'
import type { Pair } from './issue.ts'

/** Pairs that are no longer used are kept this long, for a server that is just reading them. */
const keptMs = 10 * 60_000

/**
 * Puts a pair in place so that certificate and key always belong together, whatever happens in between: both are written
 * to a new directory, and one rename of the symbolic link `<name>` makes them count. `<name>.crt` and `<name>.key` are
 * links through it. Throws DiagnosticError (asFileFinding); the old pair then stays.
 */
export function installPair(directory: string, name: string, pair: Pair, runAs: RunAs): void {
  const files = certificateFiles(directory, name)
  const version = `${name}-${randomBytes(8).toString('hex')}`
  const asRoot = process.geteuid?.() === 0
  try {
    mkdirSync(join(directory, version), { mode: 0o700 })
    if (asRoot) chownSync(join(directory, version), runAs.uid, runAs.gid)
    writeWholeFile(join(directory, version, basename(files.key)), pair.key, { mode: 0o600, owner: runAs })
    writeWholeFile(join(directory, version, basename(files.cert)), pair.cert, { mode: 0o644, owner: runAs })
    pointTo(join(directory, name), version, runAs)
    for (const file of [files.key, files.cert]) {
      const target = `${name}/${basename(file)}`
      if (linkOf(file) !== target) pointTo(file, target, runAs)
    }
    syncDirectory(directory)
    removeOld(directory, name, version)
  } catch (error) {
    throw asFileFinding(error, 'install the certificate', join(directory, version))
  }
}

/** Replaces a link, or a file in its place, at one stroke (rename(2)). */
function pointTo(link: string, target: string, runAs: RunAs): void {
  const temporary = `${link}.${randomBytes(4).toString('hex')}.tmp`
  symlinkSync(target, temporary)
  if (process.geteuid?.() === 0) lchownSync(temporary, runAs.uid, runAs.gid)
  renameSync(temporary, link)
}

function linkOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined
}

function removeOld(directory: string, name: string, current: string): void {
  for (const entry of readdirSync(directory)) {
    if (!/^-[0-9a-f]{16}$/.test(entry.slice(name.length)) || !entry.startsWith(name) || entry === current)
      continue
    const path = join(directory, entry)
    if (Date.now() - lstatSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true })
  }
}
