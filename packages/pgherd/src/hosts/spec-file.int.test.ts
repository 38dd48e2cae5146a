import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { SpecFile } from './spec-file.ts'

const run = promisify(execFile)
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgherd-spec-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function put(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, contents)
  return path
}

interface Outcome {
  readonly read?: SpecFile
  readonly diagnostics?: readonly Diagnostic[]
  readonly defect?: string
}

/** Reads in a Node process of its own, as `pgherd` does: the test runner loads modules in its own way. */
async function read(path: string, options: { uid?: number; again?: string } = {}): Promise<Outcome> {
  const script = `
    import { writeFile } from 'node:fs/promises'
    import { readSpecFile } from ${JSON.stringify(new URL('spec-file.ts', import.meta.url).href)}
    const [path, again] = process.argv.slice(1)
    if (again) { await readSpecFile(path); await new Promise((done) => setTimeout(done, 20)); await writeFile(path, again) }
    ${options.uid === undefined ? '' : `process.setuid(${String(options.uid)})`}
    const outcome = await readSpecFile(path).then(
      (read) => ({ read }),
      (error) => (error.diagnostics ? { diagnostics: error.diagnostics } : { defect: String(error.stack) }),
    )
    console.log(JSON.stringify(outcome))`
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', script, path, options.again ?? ''],
    { cwd: folder, timeout: 60_000 },
  )
  return JSON.parse(stdout) as Outcome
}

function only(outcome: Outcome): Diagnostic {
  if (outcome.diagnostics?.length !== 1) throw new Error(JSON.stringify(outcome))
  return outcome.diagnostics[0] as Diagnostic
}

describe('YAML', () => {
  test('is read, with its text, its absolute path and its warnings', async () => {
    const text = 'name: shop\npostgres: { port: 443 }\n'
    await put('pgherd.yaml', text)
    const { read: found } = await read('pgherd.yaml')
    expect(found).toMatchObject({
      text,
      file: join(folder, 'pgherd.yaml'),
      spec: { name: 'shop', postgres: { port: 443 } },
    })
    expect(found?.warnings.map(({ code, at }) => [code, at.file, at.line])).toEqual([
      ['SPEC_DOUBTFUL', 'pgherd.yaml', 2],
    ])
  })

  test('paths in it are relative to it, wherever pgherd was started', async () => {
    await mkdir(join(folder, 'inner'))
    const text = [
      'name: shop',
      'postgres: { version: 16, binaries: { path: pg/bin } }',
      'roles: { m: { access: monitor, password: { file: ../secrets/m } } }',
      'tls: { certificate: { cert: c.pem, key: /etc/k.pem, ca: ca.pem } }',
      'backups: { repository: backups, encryption: { key: { file: key } } }',
      'agent: { token: { env: TOKEN } }',
    ].join('\n')
    await put('inner/pgherd.yaml', text)
    const { read: found } = await read('inner/pgherd.yaml')
    expect(found?.spec).toMatchObject({
      postgres: { binaries: { path: join(folder, 'inner/pg/bin') } },
      roles: { m: { password: { file: join(folder, 'secrets/m') } } },
      tls: {
        certificate: {
          cert: join(folder, 'inner/c.pem'),
          key: '/etc/k.pem',
          ca: join(folder, 'inner/ca.pem'),
        },
      },
      backups: {
        repository: join(folder, 'inner/backups'),
        encryption: { key: { file: join(folder, 'inner/key') } },
      },
      agent: { token: { env: 'TOKEN' } },
    })
  })

  test('faults carry the path as it was given', async () => {
    await put('pgherd.yaml', 'name: shop\nrols: {}\n')
    expect(only(await read('./pgherd.yaml'))).toMatchObject({
      code: 'SPEC_UNKNOWN_KEY',
      at: { file: './pgherd.yaml', line: 2, column: 1 },
    })
  })
})

describe('what cannot be read', () => {
  test('a missing file leads to pgherd init', async () => {
    expect(only(await read('pgherd.yaml'))).toMatchObject({
      code: 'SPEC_UNREADABLE',
      mend: { kind: 'run', argv: ['pgherd', 'init'] },
      at: { file: 'pgherd.yaml' },
    })
    expect(only(await read('gone.ts')).code).toBe('SPEC_UNREADABLE')
  })

  test('a directory leads to the file in it', async () => {
    expect(only(await read(folder)).mend).toEqual({
      kind: 'run',
      argv: ['pgherd', 'plan', '--spec', join(folder, 'pgherd.yaml')],
    })
  })

  test('a file of somebody else says so', async () => {
    const path = await put('pgherd.yaml', 'name: shop')
    await chmod(path, 0o000)
    await chmod(folder, 0o755)
    const asRoot = process.getuid?.() === 0
    expect(only(await read(path, asRoot ? { uid: 65_534 } : {}))).toMatchObject({
      code: 'SPEC_UNREADABLE',
      detail: expect.stringContaining('may not be read') as string,
    })
  })

  test.each([
    ['UTF-16', Buffer.from('\ufeffname: shop', 'utf16le'), 'UTF-16'],
    ['Latin-1', Buffer.from('name: sh\u00f6p', 'latin1'), 'not text in UTF-8'],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0xff]), 'not text in UTF-8'],
  ])('%s is not UTF-8', async (_, contents, said) => {
    const path = await put('pgherd.yaml', contents)
    expect(only(await read(path))).toMatchObject({
      code: 'SPEC_UNREADABLE',
      detail: expect.stringContaining(said) as string,
    })
  })

  test('a huge file and an endless one', async () => {
    const path = await put('pgherd.yaml', `name: shop\n#${'x'.repeat(2 ** 20)}`)
    expect(only(await read(path)).code).toBe('SPEC_TOO_LARGE')
    await symlink('/dev/zero', join(folder, 'zero.yaml'))
    expect(only(await read('zero.yaml'))).toMatchObject({
      code: 'SPEC_UNREADABLE',
      detail: expect.stringContaining('not a regular file') as string,
    })
  })
})

describe('code', () => {
  test('a default export is the spec; types and imports work', async () => {
    await put(
      'roles.ts',
      `export const roles: Record<string, { access: 'monitor' }> = { m: { access: 'monitor' } }\n`,
    )
    await put(
      'pgherd.ts',
      `import { roles } from './roles.ts'\nexport default { name: 'shop' as const, roles }\n`,
    )
    const { read: found } = await read('pgherd.ts')
    expect(found?.spec).toMatchObject({ name: 'shop', roles: { m: { access: 'monitor' } } })
    expect(found?.text).toContain('import { roles }')
  })

  test('a changed file is read anew in the same process', async () => {
    const path = await put('pgherd.mts', `export default { name: 'before' }\n`)
    expect((await read(path, { again: `export default { name: 'after' }\n` })).read?.spec.name).toBe('after')
  })

  test('faults in the object have the same findings, without lines', async () => {
    await put('pgherd.mts', `export default { name: 'shop', postgres: { version: 15 } }\n`)
    const found = only(await read('pgherd.mts'))
    expect(found).toMatchObject({
      code: 'SPEC_CONTRADICTION',
      at: { path: 'postgres.version', file: 'pgherd.mts' },
    })
    expect(found.at).not.toHaveProperty('line')
  })

  test.each([
    ['throws', `\nthrow new Error('no such region')\n`, 'no such region', 2],
    ['throws text', `throw 'plain text'\n`, 'plain text', undefined],
    ['throws nothing', `throw undefined\n`, 'no error', undefined],
    ['is no TypeScript', `export default {\n  name: 'a',,\n}\n`, 'failed', 2],
    ['imports nothing there is', `import './gone.ts'\nexport default {}\n`, 'gone.ts', undefined],
    ['exports nothing', `export const spec = { name: 'a' }\n`, 'no default export', undefined],
  ])('code that %s is reported with its message, without a stack', async (_, code, said, line) => {
    await put('pgherd.mts', code)
    const found = only(await read('pgherd.mts'))
    expect(found.code).toBe('SPEC_CODE_FAILED')
    expect(found.detail).toContain(said)
    expect(JSON.stringify(found)).not.toMatch(/\\n\s+at |node:internal/)
    if (line !== undefined) expect(found.at.line).toBe(line)
  })
})
