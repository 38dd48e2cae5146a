import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { createdBy } from '../grammar/created-objects.ts'
import { parseText, SyntaxProblem, type ParsedText, type Statement } from '../grammar/statements.ts'
import type { Migration, SqlScript } from '../source/migration.ts'

/** A script that the grammar knows, with the tables it makes. */
export interface ParsedScript extends ParsedText {
  readonly migration: Migration
  readonly script: SqlScript
}

/** Parses the up parts. Modules are left out: their SQL shows only when they run. */
export async function parseScripts(
  migrations: readonly Migration[],
): Promise<{ readonly scripts: readonly ParsedScript[]; readonly findings: readonly Diagnostic[] }> {
  const scripts: ParsedScript[] = []
  const findings: Diagnostic[] = []
  for (const migration of migrations) {
    const script = migration.up
    if (script.kind !== 'sql') continue
    try {
      scripts.push({ migration, script, ...(await parseText(script.text)) })
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error
      findings.push(notSql(migration, script, error))
    }
  }
  return { scripts, findings }
}

function notSql({ version }: Migration, { file, firstLine }: SqlScript, problem: SyntaxProblem): Diagnostic {
  const line = problem.line + firstLine - 1
  return diagnose('MIGRATE_NOT_SQL', {
    detail: `${file}:${line} is not SQL to the grammar of PostgreSQL 18: ${problem.message}. It would fail, or does what no rule has looked at`,
    mend: 'correct the statement; commands of psql (\\copy, \\restrict) are no SQL',
    at: { file, line, version },
  })
}

/** Names of the tables a statement makes, as SQL. */
export function tablesMadeBy({ node }: Statement): readonly string[] {
  if (!('CreateStmt' in node || 'CreateTableAsStmt' in node)) return []
  return createdBy(node).map(({ name }) => name)
}

/** Names of every function called anywhere in the scripts, lower case, without the schema. */
export function functionsIn(scripts: readonly ParsedScript[]): readonly string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'funcname' && Array.isArray(inner)) {
          const last = inner.at(-1) as { String?: { sval?: string } } | undefined
          if (last?.String?.sval !== undefined) found.add(last.String.sval)
        }
        visit(inner)
      }
  }
  for (const { statements } of scripts) for (const { node } of statements) visit(node)
  return [...found]
}
