// The process that runs drills by schedule, as its unit runs it: `pgherd-drills.js <drills.json>`.
import { load } from './program.js'

const { runDrillsProcess } = await load('drill-schedule/run-drills')
await runDrillsProcess(process.argv[2])
