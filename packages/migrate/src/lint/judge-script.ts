import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { effectsOf } from './effects/registry.ts'
import type { Knowledge } from './effects/effect.ts'
import { estimateMs } from './estimate.ts'
import type { Catalogue, TableState } from './facts.ts'
import { blockedBy, conflictsWith } from './lock-mode.ts'
import { lockTimeoutChange } from './lock-timeout.ts'
import { tablesMadeBy, type ParsedScript } from './parsed-script.ts'
import type { LintedStatement, LintReport } from './report.ts'
import { rules } from './rules/registry.ts'
import type { JudgedScript, JudgedStatement, MetEffect } from './rules/rule.ts'
import { suppressionFor, suppressionsIn, type Suppression } from './suppression.ts'

/** Functions of PostgreSQL that give another value in each row, for when no catalogue can be asked. */
const volatileFunctions = [
  'random',
  'gen_random_uuid',
  'uuidv4',
  'uuidv7',
  'uuid_generate_v1',
  'uuid_generate_v1mc',
  'uuid_generate_v4',
  'clock_timestamp',
  'timeofday',
  'nextval',
  'gen_random_bytes',
  'random_normal',
]

/** What is true of the whole run. `made` grows with each script: tables made by this run are empty and nobody uses them. */
export interface LintGround {
  readonly catalogue: Catalogue | undefined
  /** What the runner sets for each script, in ms. */
  readonly lockTimeoutMs: number
  readonly made: Set<string>
}

/** Applies every rule to one script. Pure but for `ground.made`. */
export function judgeScript(parsed: ParsedScript, ground: LintGround): LintReport {
  const { script, migration } = parsed
  const judged: JudgedScript = {
    transactional: script.transactional,
    statements: judgedStatements(parsed, ground),
    major: ground.catalogue?.major,
    replicas: ground.catalogue?.replicas ?? 0,
  }
  const { valid, findings: invalid } = suppressionsIn(parsed.comments, script.file, script.firstLine)
  const used = new Set<Suppression>()
  const findings: Diagnostic[] = [...invalid]
  const allowed: { finding: Diagnostic; reason: string }[] = []
  parsed.statements.forEach((statement, index) => {
    const before = parsed.statements[index - 1]
    const place = { after: before ? lastLine(before) : 0, to: lastLine(statement) }
    for (const rule of rules)
      for (const found of rule.examine(judged, index)) {
        const made = diagnose(rule.code, {
          detail: found.detail,
          mend: found.mend,
          at: { file: script.file, line: statement.line + script.firstLine - 1, version: migration.version },
        })
        const finding = found.severity === undefined ? made : { ...made, severity: found.severity }
        const suppression = suppressionFor(valid, rule.code, place)
        if (suppression) {
          used.add(suppression)
          allowed.push({ finding, reason: suppression.reason })
        } else findings.push(finding)
      }
  })
  findings.push(...valid.filter((each) => !used.has(each)).map((each) => unused(each, parsed)))
  return { statements: lintedStatements(parsed, judged), findings, allowed }
}

function lastLine({ line, text }: { line: number; text: string }): number {
  return line + text.split('\n').length - 1
}

function judgedStatements(
  parsed: ParsedScript,
  { catalogue, lockTimeoutMs, made }: LintGround,
): readonly JudgedStatement[] {
  const stateOf = (relation: string): TableState => {
    if (made.has(relation)) return { kind: 'new' }
    if (!catalogue) return { kind: 'unknown' }
    const facts = catalogue.tables.get(relation)
    // what does not exist yet is made before the statement runs, by a migration or by the statement itself
    return facts ? { kind: 'existing', facts } : { kind: 'new' }
  }
  const knowledge: Knowledge = {
    major: catalogue?.major,
    column: (relation, column) => catalogue?.tables.get(relation)?.columns.get(column),
    isVolatile: (name) => catalogue?.volatile.has(name) ?? volatileFunctions.includes(name),
  }
  let timeout = lockTimeoutMs
  return parsed.statements.map((statement) => {
    const { node, text } = statement
    const effects = effectsOf(node, knowledge).flatMap((effect): readonly MetEffect[] => {
      const table = stateOf(effect.relation)
      if (table.kind === 'new') return []
      return [
        {
          ...effect,
          table,
          estimatedMs: estimateMs(effect.work, table.kind === 'existing' ? table.facts : undefined),
        },
      ]
    })
    const judged = { node, text, effects, lockTimeoutMs: timeout }
    const change = lockTimeoutChange(node)
    if (change !== undefined) timeout = change === 'initial' ? lockTimeoutMs : change
    tablesMadeBy(statement).forEach((name) => made.add(name))
    return judged
  })
}

function lintedStatements(
  { statements, script, migration }: ParsedScript,
  judged: JudgedScript,
): readonly LintedStatement[] {
  return statements.flatMap((statement, index) => {
    const effects = judged.statements[index]?.effects ?? []
    if (effects.length === 0) return []
    return [
      {
        version: migration.version,
        file: script.file,
        line: statement.line + script.firstLine - 1,
        text: statement.text,
        effects: effects.map(({ relation, what, lock, work, table, estimatedMs }) => {
          const facts = table.kind === 'existing' ? table.facts : undefined
          return {
            relation,
            what,
            lock,
            keepsOut: blockedBy(lock),
            work,
            rewrites: work === 'rewrite',
            estimatedMs,
            bytes: facts?.bytes,
            rows: facts?.rows,
            blockers: (facts?.holders ?? []).filter(({ mode }) => conflictsWith(lock, mode)),
          }
        }),
      },
    ]
  })
}

function unused({ code, line }: Suppression, { script, migration }: ParsedScript): Diagnostic {
  return diagnose('MIGRATE_ALLOW_UNUSED', {
    detail: `${script.file} allows ${code} where it finds nothing; the next one who adds a statement there would be allowed it too`,
    mend: 'remove the comment',
    at: { file: script.file, line: line + script.firstLine - 1, version: migration.version },
  })
}
