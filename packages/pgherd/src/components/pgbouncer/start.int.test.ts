import { eventually } from '@pgherd/testbed/herd.ts'
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { SpecInput } from '../../spec/schema.ts'
import { memberInput, paperCluster, RenderedCluster } from '../rendered-cluster.testkit.ts'
import { pgbouncer } from './component.ts'
import { goldens } from './goldens.testkit.ts'

/** PgBouncer has no check of its configuration: whether it comes up, and what it says of the files meanwhile. */
async function startOf(spec: Omit<SpecInput, 'name'>): Promise<readonly string[]> {
  await using cluster = await RenderedCluster.create(spec)
  const input = cluster.input('gateway')
  for (const file of pgbouncer.files(input)) cluster.write(file)
  let ended = false
  for (const unit of pgbouncer.units(input)) cluster.start('gateway', unit).once('exit', () => (ended = true))
  const log = () => cluster.log('gateway', 'pgbouncer')
  await eventually('PgBouncer, or its end', () =>
    Promise.resolve(ended || log().includes('process up') ? true : undefined),
  )
  const complaints = log()
    .split('\n')
    .filter((line) => / (WARNING|ERROR|FATAL) /.test(line))
  return ended ? ['it ended', ...complaints] : complaints
}

test.each(Object.entries(goldens))(
  'PgBouncer starts with the files of %s and has nothing to say about them',
  async (name, spec) => {
    expect(readdirSync(new URL('./testdata/', import.meta.url))).toContain(`${name}.pgbouncer.ini`)
    // where it listens is the test's own
    const { topology: _elsewhere, ...rest } = { topology: {}, ...spec }
    expect(await startOf(rest)).toEqual([])
  },
)

test(
  'any name of a database or a role is refused, or PgBouncer starts with it',
  { timeout: 120_000 },
  async () => {
    const odd = fc.string({
      unit: fc.constantFrom(...`aZ09_.-*%[]=;#"'\\ ,@+/ü漢`),
      minLength: 1,
      maxLength: 20,
    })
    const plain = fc.string({ unit: fc.constantFrom(...'aZ09_.-'), minLength: 1, maxLength: 62 })
    const any = fc.oneof(odd, plain).filter((name) => !name.startsWith('/'))
    let started = 0
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(any, { minLength: 1, maxLength: 6 }),
        fc.array(odd, { minLength: 1, maxLength: 6 }),
        async (names, roles) => {
          const declared = (databases: readonly string[]): Omit<SpecInput, 'name'> => ({
            databases: Object.fromEntries(databases.map((database) => [database, { owner: roles[0] ?? '' }])),
            roles: Object.fromEntries(roles.map((role) => [role, { access: 'owner' as const }])),
          })
          const usable = names.filter((name) => {
            try {
              return pgbouncer.files(memberInput(paperCluster(declared([name])), 'gateway')).length > 0
            } catch (error) {
              expect(error).toBeInstanceOf(DiagnosticError)
              return false
            }
          })
          const left = usable.filter((name, _index, all) => !all.includes(`${name}_ro`))
          started += left.length
          expect(await startOf(declared(left))).toEqual([])
        },
      ),
      { numRuns: 12 },
    )
    expect(started).toBeGreaterThan(5)
  },
)
