import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Session } from '../connection/session.ts'
import { createdBy, type CreatedObject } from '../grammar/created-objects.ts'
import { parseText, SyntaxProblem } from '../grammar/statements.ts'
import { literal } from '../history/sql-text.ts'
import { labelOf, type Migration } from '../source/migration.ts'

/**
 * Pending migrations all of whose objects exist: most likely somebody ran the file by hand, or the history was lost.
 * One round trip for all of them.
 */
export async function untracked(
  session: Session,
  pending: readonly Migration[],
): Promise<readonly Diagnostic[]> {
  const made = await Promise.all(
    pending.map(async (migration) => ({ migration, objects: await objectsOf(migration) })),
  )
  const asked = made.filter(({ objects }) => objects.length > 0)
  if (asked.length === 0) return []
  const { rows } = await session.query(
    `select ${asked.map(({ objects }, index) => `(${objects.map(existsSql).join(' and ')}) as m${index}`).join(', ')}`,
  )
  return asked
    .filter((_, index) => rows[0]?.[`m${index}`] === true)
    .map(({ migration, objects }) => {
      const names = objects.map((each) =>
        each.kind === 'column' ? `${each.name}.${each.column}` : each.name,
      )
      return diagnose('MIGRATE_UNTRACKED', {
        detail: `${labelOf(migration)} is pending, and all that it makes is there already: ${names.join(', ')}`,
        mend: `when it was run by hand, repair with { kind: 'adopt', version: '${migration.version}' }; when the whole history is lost, use baseline`,
        at: { file: migration.up.file, version: migration.version },
      })
    })
}

async function objectsOf({ up }: Migration): Promise<readonly CreatedObject[]> {
  if (up.kind !== 'sql') return []
  try {
    return (await parseText(up.text)).statements.flatMap(({ node }) => createdBy(node))
  } catch (error) {
    if (error instanceof SyntaxProblem) return []
    throw error
  }
}

function existsSql(object: CreatedObject): string {
  const name = literal(object.name)
  switch (object.kind) {
    case 'relation':
      return `to_regclass(${name}) is not null`
    case 'type':
      return `to_regtype(${name}) is not null`
    case 'schema':
      return `to_regnamespace(${name}) is not null`
    case 'function':
      // to_regproc gives null for a name that several functions bear
      return `(to_regproc(${name}) is not null or exists (select from pg_proc where quote_ident(proname) = ${name}))`
    case 'column':
      return `exists (select from pg_attribute where attrelid = to_regclass(${name}) and attname = ${literal(object.column)} and not attisdropped)`
  }
}
