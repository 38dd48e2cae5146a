import { readFileSync } from 'node:fs'
import type { OperationContext } from '../../src/operations/context.ts'
import { proveBackup } from '../../src/operations/prove.ts'
import { runRestore } from '../../src/operations/restore.ts'

/** Proves or restores in a process of its own, to be killed in the middle; prints each report. */
const [what, file = ''] = process.argv.slice(2)
const { key, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Omit<OperationContext, 'readSecret'> & {
  key: string
}
const context: OperationContext = {
  ...rest,
  readSecret: () => Promise.resolve(key),
  report: (message) => console.log(message),
  signal: new AbortController().signal,
  now: () => new Date(),
}
if (what === 'prove') await proveBackup(context)
else {
  const nothing = () => Promise.resolve()
  await runRestore(context, { to: 'latest', mode: 'in-place' }, { stopServer: nothing, startServer: nothing })
}
