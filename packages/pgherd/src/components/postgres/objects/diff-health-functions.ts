import { healthSchema } from '../../reserved-names.ts'
import { healthFunctions } from '../health/functions.ts'
import { diffFunction } from './diff-function.ts'
import { joined, type Comparison, type ContentsComparison, type Difference } from './object-change.ts'
import { quoteIdentifier } from './quoting.ts'

/** The health functions: made, put back when somebody edited them, callable by monitoring alone. */
export function diffHealthFunctions(comparison: Comparison, inside: ContentsComparison): Difference {
  const { database, contents, earlier } = inside
  return joined(
    healthFunctions(comparison.declared.major).map((declared) => {
      const { name } = declared
      const digest = comparison.before?.functions.find((each) => each.name === name)?.digest
      return diffFunction(comparison, inside, {
        id: name,
        title: `${healthSchema}.${name}`,
        sql: `${quoteIdentifier(healthSchema)}.${quoteIdentifier(name)}()`,
        declared,
        callers: database.healthReaders,
        found: contents.functions.find((each) => each.name === name),
        before: earlier && { digest, callers: earlier.healthReaders },
        purpose: 'reports health and figures to monitoring without a superuser',
      })
    }),
  )
}
