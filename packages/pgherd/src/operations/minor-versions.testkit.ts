import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareVersions } from '../topology/version-order.ts'

const packages = ['postgresql-15', 'postgresql-client-15']

/** Two minor versions of PostgreSQL 15 from the package sources, unpacked side by side, and a path that leads to one of them. */
export class MinorVersions implements Disposable {
  /** A bin directory; the older one's until `switchToNewer`. */
  readonly bin: string
  /** Such as `15.18`. */
  readonly older: string
  readonly newer: string
  readonly #root: string

  private constructor(root: string, older: string, newer: string) {
    this.#root = root
    this.bin = join(root, 'bin')
    this.older = older
    this.newer = newer
    this.#lead(older)
  }

  /** Throws when the package sources have only one version: what is tested here cannot be tested without. */
  static fetch(): MinorVersions {
    const root = mkdtempSync(join(tmpdir(), 'minor-'))
    chmodSync(root, 0o755)
    try {
      const versions = offered()
      const [older, newer] = [versions[0], versions.at(-1)]
      if (older === undefined || newer === undefined || older === newer)
        throw new Error(
          `the package sources of this machine have one version of postgresql-15 (${versions.join() || 'none'}), and the upgrade is from one to another: add bookworm and bookworm-security`,
        )
      for (const version of [older, newer]) unpack(root, version)
      return new MinorVersions(root, upstream(older), upstream(newer))
    } catch (error) {
      rmSync(root, { recursive: true, force: true })
      throw error
    }
  }

  /** As a package manager does it: from one moment to the next, under running servers. */
  switchToNewer(): void {
    this.#lead(this.newer)
  }

  #lead(version: string): void {
    const link = `${this.bin}.new`
    symlinkSync(join(this.#root, version, 'usr/lib/postgresql/15/bin'), link)
    renameSync(link, this.bin)
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** Versions the sources offer of the server's package, the oldest first. */
function offered(): readonly string[] {
  const text = execFileSync('apt-cache', ['madison', 'postgresql-15'], { encoding: 'utf8' })
  const versions = text.split('\n').flatMap((line) => line.split('|')[1]?.trim() ?? [])
  return [...new Set(versions)].toSorted(compareVersions)
}

function upstream(version: string): string {
  return version.split('-')[0] ?? version
}

function unpack(root: string, version: string): void {
  const target = join(root, upstream(version))
  mkdirSync(target, { mode: 0o755 })
  execFileSync('apt-get', ['download', '-q', ...packages.map((name) => `${name}=${version}`)], {
    cwd: target,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for (const name of readdirSync(target).filter((each) => each.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['--extract', name, '.'], { cwd: target })
    rmSync(join(target, name))
  }
  chmodSync(target, 0o755)
}
