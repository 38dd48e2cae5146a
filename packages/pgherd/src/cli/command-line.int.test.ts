import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from './commands/registry.ts'
import { run, start } from './pgherd-process.testkit.ts'

const stackTrace = /\n\s+at .*[.:]\d+|node:internal/

let empty: string
beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), 'pgherd-cli-'))
})
afterAll(() => rmSync(empty, { recursive: true, force: true }))

/** Runs command lines in one process in the empty directory; there is no spec, so nothing can be changed. */
async function runMany(
  lines: readonly (readonly string[])[],
  node: readonly string[] = [],
): Promise<{ argv: string[]; code: number; written: string }[]> {
  const fixture = join(import.meta.dirname, 'many-lines.fixture.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...node, fixture, JSON.stringify(lines)],
    {
      cwd: empty,
      env: { PATH: process.env['PATH'], HOME: empty, NO_COLOR: '1' },
      maxBuffer: 64 * 2 ** 20,
    },
  )
  return JSON.parse(stdout) as { argv: string[]; code: number; written: string }[]
}

const schemaOf = (name: string) => {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../schema/cli', `${name}.schema.json`), 'utf8'),
  ) as object
  return new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
}
const isErrorDocument = schemaOf('error')

describe('help', () => {
  test('of every command exits with 0, shows an example and the options every command has', async () => {
    const results = await runMany(
      commands.flatMap(({ name }) => [
        [name, '--help'],
        ['help', name],
      ]),
    )
    for (const { argv, code, written } of results) {
      const verb = argv.find((word) => !['--help', 'help'].includes(word))
      expect(code, argv.join(' ')).toBe(0)
      expect(written).toContain(`Example:\n  ${commands.find(({ name }) => name === verb)?.example ?? '?'}`)
      for (const option of ['--spec <file>', '--state <dir>', '--json', '--yes'])
        expect(written).toContain(option)
    }
  })

  test('of the program lists every command and the exit codes; without arguments, too', async () => {
    const [help, bare, version] = await runMany([['--help'], [], ['--version']])
    expect([help?.code, bare?.code, version?.code]).toEqual([0, 0, 0])
    expect(bare?.written).toBe(help?.written)
    for (const { name } of commands) expect(help?.written).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(help?.written).toContain('Exit codes: 0 done, 1 findings, 2 usage, 3 refused, 4 failed.')
    const { version: published } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string }
    expect(version?.written).toBe(`${published}\n`)
  })

  test('loads no driver, no web server and no schema: it must be quick', async () => {
    const trace = join(empty, 'loaded.txt')
    const hook = `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
      registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(trace)}, url + '\\n'); return next(url, context) } })`
    // from the sources: in the build nobody sees any more what belongs to which module
    const [help] = await runMany([['--help']], [`--import=data:text/javascript,${encodeURIComponent(hook)}`])
    expect(help?.code).toBe(0)
    const loaded = readFileSync(trace, 'utf8').trim().split('\n')
    const packages = loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? [])
    expect([...new Set(packages)].sort()).toEqual(['commander', 'picocolors'])
    expect(loaded.length).toBeGreaterThan(20)
    expect(
      loaded.filter((url) =>
        /\/(?:src|dist)\/(?:agent|backup|operations|hosts|apply|plan|tuning|components)\//.test(url),
      ),
    ).toEqual([])
    expect(loaded.filter((url) => url.includes('/cli/verbs/'))).toEqual([])
    rmSync(trace)
  })
})

describe('a mistake', () => {
  test('is answered with what was meant, exit code 2, on standard error', async () => {
    const { code, stdout, stderr } = await run(empty, ['staus'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(
      "error the command line is not understood USAGE\n  unknown command 'staus'; did you mean status?\n  mend pgherd status --help\n",
    )
  })

  test('what is meant for psql is put where psql gets it', async () => {
    const { code, stderr } = await run(empty, ['psql', '--role', 'app', '-c', 'select 1'])
    expect(code).toBe(2)
    expect(stderr).toContain(
      "-c is no option of pgherd psql; what is meant for psql itself stands behind --\n  mend pgherd psql --role app -- -c 'select 1'\n",
    )
  })

  test.each([
    [['status', '--nope'], "unknown option '--nope'"],
    [['status', 'extra'], 'too many arguments'],
    [['logs', '--lines'], 'argument missing'],
    [['logs', '--lines', 'x'], '--lines is "x"'],
    [['bench', '--clients', '0'], 'from 1 to 1000'],
    [['render'], 'was not told where'],
    [['logs', '--follow', '--json'], 'cannot become one JSON document'],
    [['--json'], 'no command was given'],
    [['restore', '--in-place', '--into', 'x'], 'exclude each other'],
  ])('%j: %s', async (argv, words) => {
    const [text, json] = await runMany([argv, [...argv, '--json']])
    expect(json?.code).toBe(2)
    const document = JSON.parse(json?.written ?? '') as { diagnostics: { code: string; detail: string }[] }
    expect(isErrorDocument(document), JSON.stringify(isErrorDocument.errors)).toBe(true)
    expect(document.diagnostics[0]).toMatchObject({
      code: 'USAGE',
      detail: expect.stringContaining(words) as string,
    })
    if (!argv.includes('--json')) expect(text?.written.replaceAll(/\s+/g, ' ')).toContain(words)
  })

  test('a missing spec is one document with --json, wherever it stands, and text without', async () => {
    const verbs = commands
      .map(({ name }) => name)
      .filter((name) => !['init', 'render', 'restore', 'migrate'].includes(name))
    const results = await runMany(
      verbs.flatMap((name) => [
        [name],
        [name, '--json'],
        ['--json', name],
        ['--spec', 'other.yaml', name, '--json'],
      ]),
    )
    for (const { argv, code, written } of results) {
      expect(code, argv.join(' ')).toBe(2)
      if (!argv.includes('--json')) {
        expect(written).toContain('SPEC_UNREADABLE')
        continue
      }
      const document = JSON.parse(written) as { diagnostics: { detail: string }[] }
      expect(isErrorDocument(document)).toBe(true)
      expect(document.diagnostics[0]?.detail).toContain(
        argv.includes('other.yaml') ? 'other.yaml' : 'pgherd.yaml',
      )
    }
  })

  test('in what another program reads is said on standard error', async () => {
    for (const argv of [['url'], ['psql']]) {
      const { code, stdout, stderr } = await run(empty, argv)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('SPEC_UNREADABLE')
    }
  })
})

test('no command line, whatever it is, crashes: an exit code we know, and no stack trace', async () => {
  const verbs = commands.map(({ name }) => name).filter((name) => name !== 'init')
  const options = commands.flatMap((command) => command.options.map(({ flags }) => flags.split(' ')[0] ?? ''))
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...verbs) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...options,
        '--json',
        '--yes',
        '--spec',
        '--state',
        '--',
        '-h',
        '-V',
        '--help',
        '--no-prove',
        '--prove',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '/',
        '..',
        '/nonexistent/x.yaml',
        '/dev/null',
        '/proc/self/mem',
        '',
        ' ',
        '{}',
        '-1',
        '1e9',
        '--=',
        '-',
        '--x=y',
        '__proto__',
        'constructor',
        '\u001b[2J',
        '🐘',
      ),
    },
    fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0') && text !== 'init'),
  )
  const lines = fc.sample(fc.array(word, { maxLength: 6 }), { numRuns: 400, seed: 20261121 })
  for (const { argv, code, written } of await runMany(lines)) {
    expect([0, 2, 3, 4], JSON.stringify(argv)).toContain(code)
    expect(written, JSON.stringify(argv)).not.toMatch(stackTrace)
    expect(written, JSON.stringify(argv)).not.toContain('INTERNAL')
  }
  expect(readdirSync(empty)).toEqual([])
})

describe('with a spec, before the first up', () => {
  let directory: string
  const spec = (more = '') =>
    `name: cli\n${more}databases: { app: { owner: app } }\nroles: { app: { access: owner, password: { env: APP_PASSWORD } } }\n`
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pgherd-cli-'))
    writeFileSync(join(directory, 'pgherd.yaml'), spec('postgres: { port: 61432 }\nagent: { port: 61210 }\n'))
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('plan is a document that fits its schema, changes nothing and holds no secret', async () => {
    const { code, stdout, stderr } = await run(
      directory,
      ['plan', '--explain', '--json', '--out', 'saved.plan'],
      { env: { APP_PASSWORD: 'hunter2-of-the-app' } },
    )
    expect([code, stderr]).toEqual([0, ''])
    const isPlan = schemaOf('plan')
    expect(isPlan(JSON.parse(stdout)), JSON.stringify(isPlan.errors)).toBe(true)
    expect((JSON.parse(stdout) as { steps: object[] }).steps.length).toBeGreaterThan(40)
    const saved = readFileSync(join(directory, 'saved.plan'), 'utf8')
    expect(saved).toContain('{{scram:role-app}}')
    expect(stdout + saved).not.toContain('hunter2')
    expect(readdirSync(directory).sort()).toEqual(['pgherd.yaml', 'saved.plan'])
    rmSync(join(directory, 'saved.plan'))
  })

  test('render writes the files of the member and says where', async () => {
    const { code, stdout } = await run(directory, ['render', '--out', 'rendered', '--json'])
    expect(code).toBe(0)
    expect(schemaOf('render')(JSON.parse(stdout))).toBe(true)
    expect(readdirSync(join(directory, 'rendered/pg1/config')).sort()).toEqual([
      'agent.json',
      'pg_hba.conf',
      'pg_ident.conf',
      'postgresql.conf',
    ])
    rmSync(join(directory, 'rendered'), { recursive: true })
  })

  test('status says that it is not up, and what is not there is refused', async () => {
    const status = await run(directory, ['status'])
    expect(status.code).toBe(1)
    expect(status.stdout).toContain('NOT_UP')
    const down = await run(directory, ['down', '--json'])
    expect(down.code).toBe(3)
    expect(JSON.parse(down.stdout)).toMatchObject({ ok: false, diagnostics: [{ code: 'DATABASE_NEVER_UP' }] })
    expect((await run(directory, ['logs'])).stdout).toContain('DATABASE_NEVER_UP')
  })

  test('colours are for terminals, unless they are forced, and NO_COLOR wins', async () => {
    const escape = '\u001b['
    expect((await run(directory, ['plan'], { env: { NO_COLOR: '' } })).stdout).not.toContain(escape)
    expect((await run(directory, ['plan'], { env: { NO_COLOR: '', FORCE_COLOR: '1' } })).stdout).toContain(
      escape,
    )
    expect(
      (await run(directory, ['plan'], { env: { NO_COLOR: '1', FORCE_COLOR: '1' } })).stdout,
    ).not.toContain(escape)
    expect(
      (await run(directory, ['plan', '--json'], { env: { NO_COLOR: '', FORCE_COLOR: '1' } })).stdout,
    ).not.toContain(escape)
  })

  test('a reader that goes away ends the command without a word', async () => {
    const { child, ended } = start(directory, ['plan', '--explain'])
    child.stdout?.destroy()
    const { code, stderr } = await ended
    expect(code).not.toBeNull()
    expect(stderr).not.toMatch(stackTrace)
    expect(stderr).not.toContain('EPIPE')
  })

  test('an unfit spec says all its mistakes, exit code 2', async () => {
    writeFileSync(join(directory, 'bad.yaml'), 'name: UPPER\nroles: { r: { access: king } }\n')
    const { code, stdout } = await run(directory, ['up', '--spec', 'bad.yaml', '--json'])
    expect(code).toBe(2)
    expect(isErrorDocument(JSON.parse(stdout))).toBe(true)
    expect((JSON.parse(stdout) as { diagnostics: unknown[] }).diagnostics.length).toBeGreaterThan(1)
  })
})

describe('init', () => {
  test('writes a spec that is taken as it is, named after its directory, and never over another', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'My Shop 42-'))
    try {
      const dry = await run(directory, ['init', '--dry-run'])
      expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^name: my-shop-42-/m) as string })
      expect(readdirSync(directory)).toEqual([])
      const first = await run(directory, ['init'])
      expect(first).toMatchObject({ code: 0, stdout: 'Wrote ./pgherd.yaml. Next: pgherd up\n' })
      const text = readFileSync(join(directory, 'pgherd.yaml'), 'utf8')
      expect(text).toBe(dry.stdout)
      // not plan: the standard ports may be taken on this machine
      expect((await run(directory, ['render', '--out', join(empty, 'rendered'), '--json'])).code).toBe(0)
      rmSync(join(empty, 'rendered'), { recursive: true })
      const second = await run(directory, ['init', '--json'])
      expect(second.code).toBe(3)
      expect(JSON.parse(second.stdout)).toMatchObject({ diagnostics: [{ code: 'FILE_EXISTS' }] })
      expect(readFileSync(join(directory, 'pgherd.yaml'), 'utf8')).toBe(text)
      expect((await run(directory, ['init', '--spec', 'no/where.yaml'])).stdout).toContain('SPEC_UNREADABLE')
      expect((await run(directory, ['init', '--spec', 'x.yaml', '--name', 'NO GOOD'])).code).toBe(2)
      expect(readdirSync(directory)).toEqual(['pgherd.yaml'])
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
