import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** Runs a scenario of disk-full.fixture.ts in a mount namespace of its own, where even an ordinary user may mount a small disk. */
async function scenario<T>(name: string): Promise<T> {
  const namespace =
    process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-current-user', '--keep-caps', '--mount']
  const fixture = join(import.meta.dirname, 'disk-full.fixture.ts')
  const { stdout } = await promisify(execFile)('unshare', [...namespace, process.execPath, fixture, name])
  return JSON.parse(stdout) as T
}

interface Said {
  readonly exit: number
  readonly findings: readonly string[]
}

test('a full disk of the state directory: up and the database say so, nothing acknowledged is lost, and up heals', async () => {
  interface Seen {
    readonly refused: readonly Said[]
    readonly again: Said
    readonly acknowledged: number
  }
  const seen = await scenario<Seen>('state')
  // at the first file, in initdb, and in the middle of creating the objects
  expect(seen.refused.map(({ exit }) => exit)).toEqual([4, 4, 4])
  for (const { findings } of seen.refused)
    expect(findings).toEqual([
      expect.stringMatching(/^DISK_FULL: .*[Nn]o space|^DISK_FULL: .*free disk space/s),
    ])
  expect(seen).toMatchObject({ stepsLeft: [], failure: '53100', down: 0 })
  expect(seen.again.exit).toBe(4)
  expect(seen.again.findings.join()).toMatch(/^DISK_FULL: .*(No space left on device|no space is left)/s)
  expect(seen.acknowledged).toBeGreaterThan(0)
  expect(seen).toMatchObject({ rows: seen.acknowledged })
})

test('a full disk of the repository: backups fail clean, archiving stalls and says so, and nothing is missing afterwards', async () => {
  interface Seen {
    readonly first: string
    readonly left: readonly string[]
    readonly whileFull: { readonly finding: string }
  }
  const seen = await scenario<Seen>('repository')
  expect(seen).toMatchObject({
    during: { exit: 4, findings: [expect.stringMatching(/^BACKUP_DISK_FULL: .*could not be written/)] },
  })
  expect(seen.left.map((name) => name.split('/')[1]).filter((id) => id !== seen.first)).toEqual([])
  expect(seen.left).toContain(`base/${seen.first}/backup.json`)
  expect(seen).toMatchObject({
    before: { exit: 3, findings: [expect.stringMatching(/^BACKUP_DISK_SHORT: .*Nothing was written/)] },
  })
  expect(seen.whileFull).toMatchObject({ sameAgent: true, samePostmaster: true, rows: 15_000 })
  expect(seen.whileFull.finding).toContain('no space is left')
  expect(seen).toMatchObject({ next: { exit: 0, findings: [] }, proven: true, rows: 15_000, sameAgent: true })
})
