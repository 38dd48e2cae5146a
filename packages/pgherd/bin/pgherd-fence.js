// The fence's process, as its unit runs it: `pgherd-fence.js <fence.json>`.
import { load } from './program.js'

const { runFenceProcess } = await load('fence/run-fence')
await runFenceProcess(process.argv[2])
