import { readFileSync } from 'node:fs'
import type { AgentFile } from '../components/agent/agent-file.ts'
import { diagnose, DiagnosticError, mend } from '../diagnostic/diagnostic.ts'

/**
 * Reads agent.json, which `up` wrote.
 *
 * @throws DiagnosticError AGENT_FILE_INVALID when it is missing, unreadable or not what `up` writes
 */
export function readAgentFile(path: string | undefined): AgentFile {
  if (path === undefined) throw invalid('(none)', 'no file was named on the command line')
  let contents: string
  try {
    contents = readFileSync(path, 'utf8')
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error))
  }
  let file: Partial<AgentFile>
  try {
    file = JSON.parse(contents) as Partial<AgentFile>
  } catch {
    throw invalid(path, 'it is not JSON')
  }
  const { spec, placement, facts, self } = file ?? {}
  if (
    !spec?.name ||
    !spec.agent?.port ||
    !spec.backups?.schedule ||
    !placement?.state ||
    !placement.sockets ||
    !facts?.postgres?.major ||
    !self?.specFile
  )
    throw invalid(path, 'parts of it are missing')
  return { spec, placement, facts, self }
}

function invalid(path: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('AGENT_FILE_INVALID', {
      detail: `The agent cannot use its file ${path}: ${why}. Without it there are no scheduled backups, no archiving and no health.`,
      mend: mend.run('pgherd', 'up'),
      at: { file: path },
    }),
  )
}
