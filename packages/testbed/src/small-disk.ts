import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unprivilegedAccount } from './unprivileged.ts'

/** Runs a statement as a superuser: a pool does, and a `ThrowawayServer`. */
export interface Administered {
  query(text: string): Promise<unknown>
}

/** A tablespace of 16 MB on a volume of its own, which only root may mount: as somebody else the test fails and says so. */
export class SmallDisk implements AsyncDisposable {
  readonly tablespace = 'small_disk'
  readonly #server: Administered
  readonly #path = mkdtempSync(join(tmpdir(), 'pgdisk-'))
  readonly #empty: () => Promise<unknown>

  private constructor(server: Administered, empty: () => Promise<unknown>) {
    this.#server = server
    this.#empty = empty
  }

  /** `empty` drops what lies on it, at the end. */
  static async for(server: Administered, empty: () => Promise<unknown>): Promise<SmallDisk> {
    if (process.getuid?.() !== 0) throw new Error('this test mounts a small volume: run it as root')
    const disk = new SmallDisk(server, empty)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk.#path])
    const { uid, gid } = unprivilegedAccount()
    chownSync(disk.#path, uid, gid)
    await server.query(`create tablespace ${disk.tablespace} location '${disk.#path}'`)
    return disk
  }

  grow(): Promise<void> {
    execFileSync('mount', ['-o', 'remount,size=200m', this.#path])
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#empty()
    await this.#server.query(`drop tablespace ${this.tablespace}`)
    execFileSync('umount', [this.#path])
    rmSync(this.#path, { recursive: true, force: true })
  }
}
