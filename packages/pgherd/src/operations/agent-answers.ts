import { setTimeout as sleep } from 'node:timers/promises'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { httpText } from '../hosts/http-text.ts'
import type { Member } from '../topology/topology.ts'
import { agentUrl } from './agent-url.ts'

const patienceMs = 20_000

/** Waits until the agent answers and has seen the database healthy; throws DiagnosticError AGENT_SILENT. */
export async function agentAnswers(listen: string, member: Member): Promise<void> {
  const health = `${agentUrl(listen, member.ports.agent)}/health`
  const until = performance.now() + patienceMs
  let last = 'no answer'
  while (performance.now() < until) {
    try {
      const { status, body } = await httpText(health, 2000)
      if (status === 200) return
      last = `${status}: ${body.slice(0, 300)}`
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    await sleep(25)
  }
  throw new DiagnosticError(
    diagnose('AGENT_SILENT', {
      detail: `the agent did not report a healthy database within ${patienceMs / 1000} s (${last}); without it nothing is backed up or watched`,
      mend: mend.run('pgherd', 'logs', 'agent'),
      at: { member: member.name },
    }),
  )
}
