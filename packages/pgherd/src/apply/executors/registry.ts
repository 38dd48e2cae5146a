import type { Action } from '../../plan/action.ts'
import type { ActionOf, ApplyTools, Executor } from '../executor.ts'
import { installCertificate, issueCertificate } from './certificates.ts'
import { initializeDataDirectory } from './data-directory.ts'
import { makeDirectory, writeFile } from './files.ts'
import { patchDynamicConfig, restartPostgres } from './patroni.ts'
import { provideSecret } from './secrets.ts'
import { resetAutoConf, runSql } from './sql.ts'
import { reloadUnit, restartUnit, startUnit, stopUnit } from './units.ts'

/** One executor for each kind of action; the type makes a missing one an error of the compiler. */
const executors: { readonly [K in Action['do']]: Executor<K> } = {
  'make-directory': makeDirectory,
  'write-file': writeFile,
  'provide-secret': provideSecret,
  'issue-certificate': issueCertificate,
  'install-certificate': installCertificate,
  'initialize-data-directory': initializeDataDirectory,
  'start-unit': startUnit,
  'restart-unit': restartUnit,
  'reload-unit': reloadUnit,
  'stop-unit': stopUnit,
  'run-sql': runSql,
  'patch-dynamic-config': patchDynamicConfig,
  'restart-postgres': restartPostgres,
  'reset-auto-conf': resetAutoConf,
}

/** Carries out an action by its kind. */
export function execute<K extends Action['do']>(action: ActionOf<K>, tools: ApplyTools): Promise<void> {
  const executor: Executor<K> = executors[action.do]
  return executor(action, tools)
}
