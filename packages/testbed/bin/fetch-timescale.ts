import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchDebian } from '../src/debian-release.ts'
import { timescaleMajor, timescalePackages, timescaleRelease } from '../src/timescale-packages.ts'

/** `fetch-timescale.ts <directory>`: makes the directory with PostgreSQL and TimescaleDB in it, whole or not at all. */
const target = process.argv[2] ?? ''

/**
 * A program of the other release runs with the loader and the libraries of that release; those of this machine are
 * older. By a script of its name, so that whoever starts the program, initdb too, need not know. PostgreSQL finds its
 * own files by the place of the program.
 */
function wrap(root: string, program: string): void {
  const libraries = join(target, 'usr/lib/x86_64-linux-gnu')
  const bin = `usr/lib/postgresql/${timescaleMajor}/bin`
  const path = join(root, bin, program)
  renameSync(path, `${path}.elf`)
  const loader = `${join(libraries, 'ld-linux-x86-64.so.2')} --library-path ${libraries} --argv0 "$0"`
  writeFileSync(path, `#!/bin/sh\nexec ${loader} ${join(target, bin, program)}.elf "$@"\n`)
  chmodSync(path, 0o755)
}

function make(work: string): void {
  const root = join(work, 'root')
  mkdirSync(root)
  for (const file of fetchDebian(timescaleRelease, timescalePackages, work))
    execFileSync('dpkg-deb', ['--extract', file, root], { stdio: ['ignore', 'ignore', 'inherit'] })
  const lib = join(root, `usr/lib/postgresql/${timescaleMajor}/lib`)
  // for LLVM, which is as large as all the rest: without it the server does without
  rmSync(join(lib, 'llvmjit.so'))
  rmSync(join(lib, 'bitcode'), { recursive: true })
  for (const unread of ['doc', 'man', 'locale'])
    rmSync(join(root, 'usr/share', unread), { recursive: true, force: true })
  for (const program of ['postgres', 'initdb']) wrap(root, program)
  // for the account of the server
  chmodSync(root, 0o755)
  renameSync(root, target)
}

// another one that waited for the lock finds it made
if (!existsSync(target)) {
  const work = mkdtempSync(`${target}-`)
  try {
    make(work)
  } catch (thrown) {
    console.error((thrown as Error).message)
    process.exitCode = 1
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
