import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { installedVersions } from './installed-versions.ts'

const single = specSchema.parse({ name: 'shop' })
const cluster = specSchema.parse({ name: 'shop', topology: { members: 3 } })

test('what a restart would start is asked again once it has been replaced', async () => {
  const state = mkdtempSync(join(tmpdir(), 'pgv-'))
  const put = (version: string) => {
    rmSync(join(state, 'postgres'), { force: true })
    writeFileSync(join(state, 'postgres'), `#!/bin/sh\necho "postgres (PostgreSQL) ${version} (Debian)"\n`)
    chmodSync(join(state, 'postgres'), 0o755)
  }
  try {
    put('15.18')
    expect(await installedVersions(single, state, state)).toEqual({ postgres: '15.18' })
    put('15.20')
    const found = await installedVersions(cluster, state, state)
    expect(found).toEqual({ postgres: '15.20', patroni: expect.stringMatching(/^\d+\.\d+/) as string })
    rmSync(join(state, 'postgres'))
    await expect(installedVersions(single, state, state)).rejects.toThrow('ENOENT')
  } finally {
    rmSync(state, { recursive: true })
  }
})
