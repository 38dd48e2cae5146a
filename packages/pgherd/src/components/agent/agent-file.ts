import type { Spec } from '../../spec/schema.ts'
import type { HostFacts, Volume } from '../../topology/host-facts.ts'
import type { Placement } from '../../topology/topology.ts'
import type { RenderInput } from '../component.ts'

/** What the agent knows at its start: `<config>/agent.json`. It never reads the spec file. */
export interface AgentFile {
  readonly spec: Spec
  readonly placement: Placement
  readonly facts: HostFacts
  readonly self: RenderInput['self']
}

/** The contents of agent.json. */
export function renderAgentFile({ topology, member, facts, self }: RenderInput): string {
  const file: AgentFile = {
    spec: topology.spec,
    placement: { state: member.paths.state, sockets: member.paths.sockets },
    facts,
    self,
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/**
 * The meaning of agent.json: without the free space, which changes by itself, and without the minor version of PostgreSQL,
 * which the agent asks for anew: `pgherd upgrade` leaves nothing to do. A file that is none counts as it is.
 */
export function agentFileMeaning(contents: string): unknown {
  let file: AgentFile
  try {
    file = JSON.parse(contents) as AgentFile
    const { data, repository } = file.facts.volumes
    const { version: _version, ...postgres } = file.facts.postgres
    return {
      ...file,
      facts: { ...file.facts, postgres, volumes: { data: lasting(data), repository: lasting(repository) } },
    }
  } catch {
    return contents
  }
}

function lasting({ totalBytes }: Volume): Pick<Volume, 'totalBytes'> {
  return { totalBytes }
}
