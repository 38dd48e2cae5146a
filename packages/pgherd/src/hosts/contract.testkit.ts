import { describe, expect, test } from 'vitest'
import type { Unit } from '../components/component.ts'
import { definitionDigest } from '../components/digest.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Member } from '../topology/topology.ts'
import type { WriteHost } from './host.ts'

/** A host under test. Its state directory, logs and units directories exist; a server answers SQL when `serves` says so. */
export interface ContractSubject extends AsyncDisposable {
  readonly host: WriteHost
  readonly member: Member
  readonly uids: { readonly runAs: number; readonly invoker: number }
  unit(name: string, argv: readonly string[]): Unit
  /** Makes a server answer on the member's socket. */
  serve(): Promise<void>
}

/** Parts of the contract a host can be excused from, with the reason. */
export type ContractPart = 'exec' | 'sql'

/** What every host must do. Each host's test calls this; what a host cannot have at all needs its reason in writing. */
export function hostContract(
  name: string,
  make: () => Promise<ContractSubject>,
  excused: Partial<Record<ContractPart, string>> = {},
): void {
  const part = (which: ContractPart, title: string, body: () => Promise<void>): void => {
    if (excused[which] === undefined) test(title, body)
  }

  describe(`${name} host`, () => {
    test('facts name a usable machine and the programs of the spec', async () => {
      await using subject = await make()
      const facts = await subject.host.facts()
      expect(facts.memoryBytes).toBeGreaterThan(2 ** 26)
      expect(facts.cpus).toBeGreaterThanOrEqual(1)
      expect(facts.volumes.data.freeBytes).toBeLessThanOrEqual(facts.volumes.data.totalBytes)
      expect(facts.runAs.uid).toBe(subject.uids.runAs)
      expect(facts.postgres.major).toBe(18)
      expect(facts.postgres.extensions).toContain('pgcrypto')
      expect(subject.host.member).toBe(subject.member.name)
    })

    test('files are written whole, with mode and owner, and read back', async () => {
      await using subject = await make()
      const { host, member, uids } = subject
      const path = `${member.paths.state}/note.conf`
      expect(await host.readFile(path)).toBeUndefined()
      expect(await host.stat(path)).toBeUndefined()
      await host.writeFile({ path, contents: 'first\n', mode: 0o644, owner: 'invoker' })
      expect(await host.stat(path)).toEqual({ mode: 0o644, uid: uids.invoker, kind: 'file' })
      await host.writeFile({ path, contents: 'zweite Fassung: ü\n', mode: 0o600, owner: 'run-as' })
      expect(await host.readFile(path)).toBe('zweite Fassung: ü\n')
      expect(await host.stat(path)).toEqual({ mode: 0o600, uid: uids.runAs, kind: 'file' })
    })

    test('directories are made with mode and owner, again and again', async () => {
      await using subject = await make()
      const { host, member, uids } = subject
      const path = `${member.paths.state}/deep/er`
      await host.makeDirectory(path, 0o755, 'invoker')
      await host.makeDirectory(path, 0o700, 'run-as')
      expect(await host.stat(path)).toEqual({ mode: 0o700, uid: uids.runAs, kind: 'directory' })
      const file = `${member.paths.state}/file`
      await host.writeFile({ path: file, contents: '', mode: 0o600, owner: 'invoker' })
      await expectFinding('PATH_IN_THE_WAY', () => host.makeDirectory(file, 0o700, 'run-as'))
      await expectFinding('PATH_IN_THE_WAY', () =>
        host.writeFile({ path, contents: '', mode: 0o600, owner: 'invoker' }),
      )
    })

    test('only what lies below the state directory is removed or moved', async () => {
      await using subject = await make()
      const { host, member } = subject
      const { state } = member.paths
      for (const path of [
        '/etc/passwd',
        state,
        `${state}/../elsewhere`,
        `${state}/a/../../elsewhere`,
        'relative',
        '/',
      ]) {
        await expectFinding('PATH_OUTSIDE_STATE', () => host.removeOwned(path))
        await expectFinding('PATH_OUTSIDE_STATE', () => host.moveOwned(path, `${state}/new`))
        await expectFinding('PATH_OUTSIDE_STATE', () => host.moveOwned(`${state}/new`, path))
      }
      await host.makeDirectory(`${state}/tree`, 0o700, 'invoker')
      await host.writeFile({ path: `${state}/tree/leaf`, contents: 'x', mode: 0o600, owner: 'invoker' })
      await host.moveOwned(`${state}/tree`, `${state}/moved`)
      expect(await host.readFile(`${state}/moved/leaf`)).toBe('x')
      expect(await host.stat(`${state}/tree`)).toBeUndefined()
      // an empty directory gives way, anything else does not
      await host.makeDirectory(`${state}/empty`, 0o700, 'invoker')
      await host.moveOwned(`${state}/moved`, `${state}/empty`)
      await host.makeDirectory(`${state}/other`, 0o700, 'invoker')
      await expectFinding('PATH_IN_THE_WAY', () => host.moveOwned(`${state}/other`, `${state}/empty`))
      expect(await host.readFile(`${state}/empty/leaf`)).toBe('x')
      await host.removeOwned(`${state}/empty`)
      expect(await host.stat(`${state}/empty`)).toBeUndefined()
      await host.removeOwned(`${state}/never-there`)
    })

    test('units are started once, restarted for a new definition, and stopped', async () => {
      await using subject = await make()
      const { host } = subject
      expect(await host.units()).toEqual([])
      const unit = subject.unit('worker', ['sleep', '1000'])
      const found = async () => (await host.units()).find((each) => each.name === 'worker')
      await host.startUnit(unit)
      const first = await found()
      expect(first).toMatchObject({
        state: 'running',
        restarts: 0,
        supervised: true,
        definition: definitionDigest(unit),
      })
      await host.startUnit(unit)
      expect((await found())?.pid).toBe(first?.pid)
      await host.restartUnit(unit)
      const second = await found()
      expect(second?.pid).not.toBe(first?.pid)
      const changed = { ...unit, env: { GREETING: 'hello' } }
      await host.startUnit(changed)
      expect(await found()).toMatchObject({ state: 'running', definition: definitionDigest(changed) })
      expect((await found())?.pid).not.toBe(second?.pid)
      await host.stopUnit('worker')
      expect(await found()).toMatchObject({ state: 'stopped' })
      expect((await found())?.pid).toBeUndefined()
      await expectFinding('UNIT_REFUSED', () => host.stopUnit('unheard-of'))
    })

    test('a server or an address that does not answer is a finding', async () => {
      await using subject = await make()
      const { host } = subject
      await expectFinding('POSTGRES_UNREACHABLE', () =>
        host.probe({ kind: 'sql', database: 'postgres', text: 'select 1', parse: (rows) => rows }),
      )
      await expectFinding('POSTGRES_UNREACHABLE', () => host.sql('postgres', [{ text: 'select 1' }]))
      const url = `http://127.0.0.1:${subject.member.ports.agent}/health`
      await expectFinding('HTTP_UNREACHABLE', () =>
        host.probe({ kind: 'http', url, timeoutMs: 500, parse: (status) => status }),
      )
    })

    part('exec', 'programs run as the run-as user with a clean environment and no shell', async () => {
      await using subject = await make()
      const { host, uids } = subject
      process.env['PGPASSWORD'] = 'not-for-children'
      const env = await host.exec(['env'], { env: { GIVEN: 'yes' } })
      delete process.env['PGPASSWORD']
      expect(env.stdout).toContain('GIVEN=yes')
      expect(env.stdout).not.toContain('not-for-children')
      expect((await host.exec(['id', '-u'])).stdout).toBe(`${uids.runAs}\n`)
      expect(await host.exec(['echo', '$HOME; `id`'])).toEqual({
        code: 0,
        stdout: '$HOME; `id`\n',
        stderr: '',
      })
      expect((await host.exec(['cat'], { input: 'through\n' })).stdout).toBe('through\n')
      expect((await host.exec(['false'])).code).toBe(1)
      await expectFinding('PROGRAM_MISSING', () => host.exec(['/no/such/program']))
      expect(
        await host.probe({ kind: 'exec', argv: ['echo', '7'], parse: ({ stdout }) => Number(stdout) }),
      ).toBe(7)
    })

    part(
      'sql',
      'statements run in one transaction unless they must run alone; probes cannot write',
      async () => {
        await using subject = await make()
        await subject.serve()
        const { host } = subject
        const count = () =>
          host.probe({
            kind: 'sql',
            database: 'postgres',
            text: 'select count(*)::int as n from public.t',
            parse: ([row]) => row?.['n'],
          })
        await host.sql('postgres', [
          { text: 'create table public.t(a int)' },
          { text: 'insert into public.t values (1)' },
        ])
        expect(await count()).toBe(1)
        await expectFinding('SQL_REFUSED', () =>
          host.sql('postgres', [{ text: 'insert into public.t values (2)' }, { text: 'select 1/0' }]),
        )
        expect(await count()).toBe(1)
        await host.sql('postgres', [
          { text: 'insert into public.t values (3)' },
          { text: 'create database other', alone: true },
          { text: 'insert into public.t values (4)' },
        ])
        expect(await count()).toBe(3)
        await expectFinding('SQL_REFUSED', () =>
          host.probe({
            kind: 'sql',
            database: 'postgres',
            text: 'insert into public.t values (5)',
            parse: (rows) => rows,
          }),
        )
        await expectFinding('POSTGRES_UNREACHABLE', () =>
          host.sql('no such database', [{ text: 'select 1' }]),
        )
      },
    )
  })
}

async function expectFinding(code: string, work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error, `${code} was to be thrown`).toBeInstanceOf(DiagnosticError)
  const { diagnostics } = error as DiagnosticError
  expect(diagnostics.map((each) => each.code)).toEqual([code])
}
