import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { installPackages, missingPackages, packagesMissing } from '../hosts/local/install-packages.ts'
import type { Spec } from '../spec/schema.ts'

/**
 * A cluster needs programs that come from the distribution. Installs what is missing when that was asked for. Throws
 * DiagnosticError PACKAGES_MISSING with the way to get them, PACKAGES_NOT_INSTALLED when that did not work.
 */
export async function requirePackages(spec: Spec, install: boolean): Promise<void> {
  if (spec.topology.members === 1) return
  const missing = missingPackages(spec)
  if (missing.length === 0) return
  if (!install) throw new DiagnosticError([packagesMissing(missing)])
  await installPackages(missing)
}
