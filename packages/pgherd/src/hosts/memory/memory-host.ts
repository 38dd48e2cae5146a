import { posix } from 'node:path'
import { definitionDigest } from '../../components/digest.ts'
import type { Unit } from '../../components/component.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { HostFacts } from '../../topology/host-facts.ts'
import type { Member } from '../../topology/topology.ts'
import type { Exit, Probe, UnitState, WriteHost } from '../host.ts'
import { promised } from '../promised.ts'

export interface MemoryHostOptions {
  readonly member: Member
  readonly facts: HostFacts
  /** Answers of the server; a probe or statement without an answer is refused as by a server that is down. */
  readonly query?: (database: string, text: string) => readonly Record<string, unknown>[] | undefined
  readonly http?: (url: string) => { readonly status: number; readonly body: string } | undefined
  readonly exec?: (argv: readonly string[], input?: string) => Exit
}

type Entry =
  | { readonly kind: 'directory'; readonly mode: number; readonly uid: number }
  | { readonly kind: 'file'; readonly mode: number; readonly uid: number; readonly contents: string }

/** A host for tests of plan and apply, and what was done to it, in order. */
export interface MemoryHost extends WriteHost {
  readonly done: readonly string[]
  /** Puts a file there as if somebody had done so by hand. */
  put(path: string, contents: string, mode?: number): void
}

/** A machine that exists only here: files and units in memory, programs and SQL answered by functions. */
export function createMemoryHost(options: MemoryHostOptions): MemoryHost {
  const { member, facts } = options
  const { state } = member.paths
  const entries = new Map<string, Entry>()
  const units = new Map<string, UnitState>()
  const done: string[] = []
  let pids = 1000
  const uidOf = { 'run-as': facts.runAs.uid, invoker: facts.invoker.uid }
  const below = (path: string) =>
    [...entries.keys()].filter((each) => each === path || each.startsWith(`${path}/`))

  const query = (database: string, text: string): readonly Record<string, unknown>[] => {
    const rows = options.query?.(database, text)
    if (rows) return rows
    throw new DiagnosticError(unreachable('POSTGRES_UNREACHABLE', `database "${database}"`))
  }
  const exec = (argv: readonly string[], input?: string): Exit =>
    options.exec?.(argv, input) ?? { code: 127, stdout: '', stderr: `${argv[0] ?? ''}: not found\n` }

  const answer = <F>(probe: Probe<F>): F => {
    switch (probe.kind) {
      case 'sql':
        return probe.parse(query(probe.database, probe.text))
      case 'http': {
        const found = options.http?.(probe.url)
        if (!found) throw new DiagnosticError(unreachable('HTTP_UNREACHABLE', probe.url))
        return probe.parse(found.status, found.body)
      }
      case 'exec':
        return probe.parse(exec(probe.argv))
    }
  }

  const run = (unit: Unit): void => {
    pids += 1
    units.set(unit.name, {
      name: unit.name,
      state: 'running',
      supervised: true,
      pid: pids,
      restarts: 0,
      definition: definitionDigest(unit),
    })
  }
  const requireUnit = (name: string): UnitState => {
    const unit = units.get(name)
    if (unit) return unit
    throw new DiagnosticError(
      diagnose('UNIT_REFUSED', { detail: `there is no unit ${name}`, mend: mend.run('pgherd', 'status') }),
    )
  }

  return {
    member: member.name,
    done,
    put: (path, contents, mode = 0o644) =>
      void entries.set(path, { kind: 'file', mode, uid: facts.invoker.uid, contents }),
    facts: () => Promise.resolve(facts),
    readFile: promised((path) => {
      const entry = entries.get(path)
      return entry?.kind === 'file' ? entry.contents : undefined
    }),
    stat: promised((path) => {
      const entry = entries.get(path)
      return entry && { mode: entry.mode, uid: entry.uid, kind: entry.kind }
    }),
    units: () => Promise.resolve([...units.values()]),
    probe: <F>(probe: Probe<F>) => promised(() => answer(probe))(),
    makeDirectory: promised((path, mode, owner) => {
      if (entries.get(path)?.kind === 'file') throw inTheWay(path)
      entries.set(path, { kind: 'directory', mode, uid: uidOf[owner] })
      done.push(`make ${path}`)
    }),
    writeFile: promised(({ path, contents, mode, owner }) => {
      if (entries.get(path)?.kind === 'directory') throw inTheWay(path)
      entries.set(path, { kind: 'file', mode, uid: uidOf[owner], contents })
      done.push(`write ${path}`)
    }),
    removeOwned: promised((path) => {
      requireBelow(state, path)
      for (const each of below(path)) entries.delete(each)
      done.push(`remove ${path}`)
    }),
    moveOwned: promised((from, to) => {
      requireBelow(state, from)
      requireBelow(state, to)
      const there = below(to)
      if (there.length > 1 || entries.get(to)?.kind === 'file') throw inTheWay(to)
      for (const each of below(from)) {
        const entry = entries.get(each)
        if (entry) entries.set(to + each.slice(from.length), entry)
        entries.delete(each)
      }
      done.push(`move ${from} ${to}`)
    }),
    startUnit: promised((unit) => {
      const running = units.get(unit.name)
      if (running?.state !== 'running' || running.definition !== definitionDigest(unit)) run(unit)
      done.push(`start ${unit.name}`)
    }),
    restartUnit: promised((unit) => {
      run(unit)
      done.push(`restart ${unit.name}`)
    }),
    stopUnit: promised((name) => {
      units.set(name, { name: requireUnit(name).name, state: 'stopped', supervised: true, restarts: 0 })
      done.push(`stop ${name}`)
    }),
    reloadUnit: promised((unit) => {
      requireUnit(unit.name)
      done.push(`reload ${unit.name}`)
    }),
    exec: (argv, execOptions) => Promise.resolve(exec(argv, execOptions?.input)),
    sql: promised((database, statements) => {
      for (const { text } of statements) query(database, text)
      done.push(`sql ${database}: ${statements.length}`)
    }),
  }
}

function requireBelow(state: string, path: string): void {
  if (posix.normalize(path).startsWith(`${state}/`)) return
  throw new DiagnosticError(
    diagnose('PATH_OUTSIDE_STATE', {
      detail: `${path} is not below ${state}`,
      mend: mend.advice('nothing was changed'),
      at: { file: path },
    }),
  )
}

function inTheWay(path: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('PATH_IN_THE_WAY', {
      detail: `something of another kind is at ${path}`,
      mend: mend.run('ls', '-ld', path),
      at: { file: path },
    }),
  )
}

function unreachable(code: 'POSTGRES_UNREACHABLE' | 'HTTP_UNREACHABLE', what: string): Diagnostic {
  return diagnose(code, { detail: `nothing answers for ${what}`, mend: mend.run('pgherd', 'status') })
}
