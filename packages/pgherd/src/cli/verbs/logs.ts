import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import type { Verb } from '../command.ts'
import { followLogs, lastLines, logFiles } from '../log-files.ts'
import { numberOption, textOption } from '../option.ts'
import type { Member } from '../../topology/topology.ts'
import { openSession } from '../session.ts'
import { unknownMember } from '../unknown-member.ts'

export const run: Verb = async ({ globals, args, options, output, signal }) => {
  const lines = numberOption(options, 'lines', { least: 0, most: 100_000 })
  const follow = options['follow'] === true
  if (follow && output.json) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail: '--follow never ends, so it cannot become one JSON document',
        mend: mend.run('pgherd', 'logs', '--follow'),
      }),
    )
  }
  const session = await openSession(globals, { savedSpec: true })
  const named = textOption(options, 'member')
  const members = session.topology.members.filter(({ name }) => named === undefined || name === named)
  if (members.length === 0) throw unknownMember(session.topology, named ?? '')
  const files = logsOf(members, args[0])
  const directory = members.map(({ paths }) => paths.logs).join(', ')
  if (files.length === 0) {
    throw new DiagnosticError(
      diagnose('DATABASE_NEVER_UP', {
        detail:
          args[0] === undefined
            ? `there are no logs in ${directory}`
            : `there is no log of "${args[0]}" in ${directory}`,
        mend: mend.run('pgherd', 'up'),
      }),
    )
  }
  const shown = files.map((file) => ({ file, lines: lastLines(file, lines) }))
  for (const { file, lines: text } of shown) {
    if (files.length > 1) output.line(output.paint.bold(file))
    for (const line of text) output.line(line)
  }
  output.document(shown)
  if (follow)
    await followLogs(
      () => logsOf(members, args[0]),
      (line) => output.line(line),
      signal,
    )
  return exitCodes.done
}

function logsOf(members: readonly Member[], unit: string | undefined): string[] {
  return members.flatMap(({ paths }) => logFiles(paths.logs, unit))
}
