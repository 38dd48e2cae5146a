import { table } from '../views/table.ts'
import type { Action } from './action.ts'
import { shown } from './findings.ts'
import { lint, status, verify } from './library.ts'

const isGrave = ({ severity }: { readonly severity: string }) => severity === 'error'

/** What is applied and what is pending. */
export const statusAction: Action = {
  name: 'status',
  words: [],
  async run({ invocation: { output }, policy, migrations, connect }) {
    const files = migrations()
    await using owned = await connect()
    const found = await status(owned.client, files, policy)
    const findings = found.findings.map(shown)
    output.line(
      table(
        found.migrations.map(({ version, name, state, durationMs }) => [
          version,
          name,
          state === 'pending' ? output.paint.yellow(state) : state,
          durationMs === undefined ? '' : output.paint.dim(`${durationMs.toFixed(0)} ms`),
        ]),
      ),
    )
    output.findings(findings)
    const document = { database: owned.database, migrations: found.migrations, findings }
    return { ok: !findings.some(isGrave), document }
  },
}

/** Everything that does not fit. */
export const verifyAction: Action = {
  name: 'verify',
  words: [],
  async run({ invocation: { output }, policy, migrations, connect }) {
    const files = migrations()
    await using owned = await connect()
    const findings = (await verify(owned.client, files, policy)).map(shown)
    output.findings(findings)
    if (findings.length === 0)
      output.line(output.paint.green(`files, history and "${owned.database}" fit together`))
    return { ok: findings.length === 0, document: { database: owned.database, findings } }
  },
}

/** Locks, rewrites and durations of what is pending, by the size of the tables there. */
export const lintAction: Action = {
  name: 'lint',
  words: [],
  async run({ invocation: { output }, policy, migrations, connect }) {
    const files = migrations()
    await using owned = await connect()
    const { pending } = await status(owned.client, files, policy)
    const report = await lint(pending, { connection: owned.client })
    const findings = report.findings.map(shown)
    output.findings(findings)
    if (findings.length === 0) output.line(output.paint.green('nothing to remark'))
    return {
      ok: findings.every(({ severity }) => severity === 'info'),
      document: { database: owned.database, findings, statements: report.statements },
    }
  },
}
