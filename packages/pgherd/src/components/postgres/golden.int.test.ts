import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Major } from '@pgherd/testbed/postgres-programs.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { expect, test } from 'vitest'
import { postgres } from './component.ts'
import { factsHere, renderInputOf } from './rendered-server.testkit.ts'
import { settingsInFile } from './settings-file.ts'

const testdata = new URL('./testdata/', import.meta.url).pathname

test.each(readdirSync(testdata))('PostgreSQL itself reads the golden file of %s', (name) => {
  const major = Number(name.split('-')[1]) as Major
  const { uid, gid } = unprivilegedAccount()
  const directory = mkdtempSync(join(tmpdir(), 'pgg-'))
  try {
    const file = join(directory, 'postgresql.conf')
    copyFileSync(join(testdata, name, 'postgresql.conf'), file)
    mkdirSync(join(directory, 'data'))
    chmodSync(directory, 0o755)
    chownSync(file, uid, gid)
    const settings = settingsInFile(readFileSync(file, 'utf8'))
    const input = renderInputOf({ name: 'shop' }, factsHere(major), { state: directory, sockets: directory })
    const validator =
      postgres.validator?.(
        {
          path: file,
          contents: '',
          mode: 0o600,
          owner: 'run-as',
          secret: false,
          digest: '',
          onChange: 'reload',
        },
        input,
      ) ?? []
    const [program = '', ...argv] = validator
    const read = (argument: string[]) =>
      execFileSync(program, argument, { uid, gid, encoding: 'utf8', stdio: 'pipe', cwd: '/' }).trim()
    // The golden file's own data directory exists nowhere: the command line wins over it.
    const here = ['-c', `data_directory=${directory}/data`]
    expect(Number(read([...argv, ...here]))).toBe(Number.parseInt(settings.get('shared_buffers') ?? '') * 128)
    for (const setting of [
      'work_mem',
      'max_connections',
      'pgherd.connection_share',
      'shared_preload_libraries',
    ]) {
      expect(read(argv.map((each) => (each === 'shared_buffers' ? setting : each)).concat(here))).not.toBe('')
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
