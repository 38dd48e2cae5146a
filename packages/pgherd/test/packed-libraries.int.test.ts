import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../../..')
const libraries = ['migrate', 'eventstore', 'bitemporal'] as const

/** A directory as a stranger has it who installed the libraries and the driver, and nothing of this repository. */
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'packed-'))
  mkdirSync(join(project, 'node_modules/@pgherd'), { recursive: true })
  mkdirSync(join(project, 'node_modules/@types'))
  // what npm would fetch: the peer, its types, and the parser that migrate depends on
  for (const name of ['pg', 'pg-types', 'pg-protocol', 'libpg-query', '@types/pg', '@types/node', '@pgsql'])
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
})
afterAll(() => rmSync(project, { recursive: true, force: true }))

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

test.each(libraries)('@pgherd/%s: the tarball has what a user needs and nothing else', async (name) => {
  const place = join(project, 'node_modules/@pgherd', name)
  const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', project], {
    cwd: join(root, 'packages', name),
  })
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as Packed[]
  const paths = packed?.files.map(({ path }) => path) ?? []
  expect(paths).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
  )
  expect(paths.filter((path) => /\.(test|testkit|fixture)\.|^(src|test)\//.test(path))).toEqual([])
  mkdirSync(place)
  await run('tar', ['-xzf', join(project, packed?.filename ?? ''), '-C', place, '--strip-components=1'])
  const said = await run(
    process.execPath,
    ['-e', `import('@pgherd/${name}').then((m) => console.log(typeof m.${firstOf[name]}))`],
    {
      cwd: project,
    },
  )
  expect(said.stdout).toBe('function\n')
})

const firstOf = { migrate: 'up', eventstore: 'EventStore', bitemporal: 'BitemporalStore' } as const

test('a strict TypeScript project takes all of their types', async () => {
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(project, 'use.ts'),
    `import pg from 'pg'
import { up } from '@pgherd/migrate'
import { EventStore, install } from '@pgherd/eventstore'
import { specification } from '@pgherd/eventstore/testing'
import { BitemporalStore } from '@pgherd/bitemporal'
const pool = new pg.Pool()
const store = new EventStore<{ type: 'Opened'; data: { by: string } }>({ pool })
for await (const event of store.read('s')) console.log(event.data.by.length)
// @ts-expect-error there is no such event
await store.append('s', [{ type: 'Closed', data: {} }])
const facts = new BitemporalStore<{ salary: number }>({ pool })
console.log((await facts.get('ann', 'salary'))?.value.toFixed(), up, install, specification)
`,
  )
  const options = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: false,
  }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['use.ts'] }),
  )
  const compiled = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
    cwd: project,
  }).catch((error: { stdout: string }) => error)
  expect(compiled.stdout).toBe('')
})
