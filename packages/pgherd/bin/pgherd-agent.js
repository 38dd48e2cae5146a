// The agent's process, as its unit runs it: `pgherd-agent.js <agent.json>`.
import { load } from './program.js'

const { runAgentProcess } = await load('agent/run-agent')
await runAgentProcess(process.argv[2])
