import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The installed Patroni with another version, which it tells in its REST interface. It starts PostgreSQL in a process that imports this file again. */
const olderPatroni = `#!/usr/bin/python3
import patroni.version
patroni.version.__version__ = '3.0.1'
if __name__ == '__main__':
    from patroni.__main__ import main
    main()
`

/**
 * The installed programs, each of which says of itself that it is older: there is one version of each in the package
 * sources. `haproxy` is a path that leads to the older one, and to the installed one after `switchHaproxy`, since a reload
 * starts what lies at the path it was started from.
 */
export class OlderPrograms implements Disposable {
  readonly patroni: string
  readonly etcd: string
  readonly haproxy: string
  readonly #root = mkdtempSync(join(tmpdir(), 'older-'))

  constructor() {
    chmodSync(this.#root, 0o755)
    this.patroni = this.#file('patroni', Buffer.from(olderPatroni))
    this.etcd = this.#file('etcd', renamed('/usr/bin/etcd', '3.4.23', '3.4.22'))
    this.haproxy = join(this.#root, 'haproxy')
    this.#lead(this.#file('haproxy-older', renamed('/usr/sbin/haproxy', '2.6.12', '2.6.11')))
  }

  switchHaproxy(): void {
    this.#lead('/usr/sbin/haproxy')
  }

  #lead(target: string): void {
    symlinkSync(target, `${this.haproxy}.new`)
    renameSync(`${this.haproxy}.new`, this.haproxy)
  }

  #file(name: string, contents: Buffer): string {
    const path = join(this.#root, name)
    writeFileSync(path, contents, { mode: 0o755 })
    chmodSync(path, 0o755)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** A program with its version replaced by another one of the same length; throws when it does not say that version. */
function renamed(path: string, version: string, other: string): Buffer {
  const text = readFileSync(path).toString('latin1')
  if (!text.includes(version)) throw new Error(`${path} is not version ${version}, which this test knows`)
  return Buffer.from(text.replaceAll(version, other), 'latin1')
}
