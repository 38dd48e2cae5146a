import { restartSettings, settingsInFile } from '../../components/postgres/settings-file.ts'
import type { OnChange, RenderedFile } from '../../components/component.ts'
import { adoptedSettings } from '../adopted-settings.ts'
import type { Observed, ObservedFile } from '../observed.ts'
import { holdsSecrets } from '../private-settings.ts'
import type { Draft, Section } from '../section.ts'
import { impactOnUsers } from '../serving-units.ts'
import type { Wanted } from '../wanted.ts'

/** Rendered files lie there with the wanted meaning and mode. */
export const files: Section = {
  name: 'files',
  draft: (wanted, observed) => wanted.files.flatMap((file) => draftFile(file, wanted, observed)),
}

/** What became of a file since the last `up`. */
type Fate = 'missing' | 'vanished' | 'edited' | 'outdated' | 'mode'

function fateOf(
  file: RenderedFile,
  found: ObservedFile | undefined,
  before: string | undefined,
): Fate | undefined {
  if (found === undefined) return before === undefined ? 'missing' : 'vanished'
  if (found.digest === file.digest) return found.mode === file.mode ? undefined : 'mode'
  return before !== undefined && found.digest !== before ? 'edited' : 'outdated'
}

const causes: Readonly<Record<Fate, Draft['cause']>> = {
  missing: 'create',
  vanished: 'repair',
  edited: 'drift',
  outdated: 'change',
  mode: 'drift',
}

function draftFile(file: RenderedFile, wanted: Wanted, observed: Observed): Draft[] {
  const found = observed.files[file.path]
  const fate = fateOf(file, found, observed.applied?.files[file.path])
  if (fate === undefined) return []
  const adopt = fate === 'edited' ? adoptedSettings(file, found?.contents, wanted) : undefined
  return [
    {
      id: `file:${file.path}`,
      title: `write ${file.path}`,
      because: reason(fate, file, found, wanted),
      cause: causes[fate],
      impact: impactOnUsers(file.unit, effectOf(file, wanted, observed)),
      action: { do: 'write-file', file },
      ...(adopt === undefined ? {} : { adopt }),
    },
  ]
}

function reason(fate: Fate, file: RenderedFile, found: ObservedFile | undefined, wanted: Wanted): string {
  const changed = changedSettings(found?.contents, file, wanted).join(', ')
  switch (fate) {
    case 'missing':
      return 'it does not exist'
    case 'vanished':
      return 'it was removed by hand'
    case 'mode':
      return `its mode is ${(found?.mode ?? 0).toString(8)}, wanted is ${file.mode.toString(8)}`
    case 'edited':
      return `it was edited by hand${changed && `: ${changed}`}`
    case 'outdated':
      return `the spec or the machine changed${changed && `: ${changed}`}`
  }
}

/** `work_mem 4MB -> 8MB` for each setting that differs between a found and a wanted postgresql.conf. */
function changedSettings(contents: string | undefined, file: RenderedFile, { major }: Wanted): string[] {
  if (contents === undefined || !file.path.endsWith('/postgresql.conf')) return []
  const before = settingsInFile(contents)
  const after = settingsInFile(file.contents)
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) =>
      holdsSecrets(name, major)
        ? name
        : `${name} ${before.get(name) ?? '(unset)'} -> ${after.get(name) ?? '(unset)'}`,
    )
}

/** What a running unit must do to see the file: only a running one can be reloaded or restarted, for a new meaning alone. */
export function effectOf(file: RenderedFile, wanted: Wanted, observed: Observed): OnChange {
  const found = observed.files[file.path]
  const unit = observed.units.find(({ name }) => name === file.unit)
  if (!unit || !['running', 'starting'].includes(unit.state) || found?.digest === file.digest)
    return 'nothing'
  if (
    file.onChange !== 'reload' ||
    !file.path.endsWith('/postgresql.conf') ||
    found?.contents === undefined
  ) {
    return file.onChange
  }
  const restart = restartSettings(settingsInFile(found.contents), settingsInFile(file.contents), wanted.major)
  return restart.length > 0 ? 'restart' : 'reload'
}
