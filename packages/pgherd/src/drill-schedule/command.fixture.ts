// Stands in for the command line: `drill NAME --scheduled ...` and `drill --heal ...`, with the directory of the drills
// as last argument. What a drill does is its name.
import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify } from '../hosts/local/process-identity.ts'

const name = process.argv[3] ?? ''
const drills = process.argv.at(-1) ?? ''
const fault = join(drills, 'under-way.json')
appendFileSync(join(drills, 'calls'), `${name}\n`)

function end(code: number, document: object): never {
  process.stdout.write(JSON.stringify(document))
  process.exit(code)
}
const refuse = (code: string, detail: string, exit = 3) =>
  end(exit, { ok: false, diagnostics: [{ code, detail }] })
const succeed = (): never => {
  const id = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-${name}`
  writeFileSync(join(drills, `${id}.json`), '{}')
  end(0, { id })
}
const makeFault = () =>
  writeFileSync(fault, JSON.stringify({ drill: name, ...identify(process.pid) }), { mode: 0o600 })

const behaviours: Readonly<Record<string, () => void>> = {
  '--heal': () => {
    rmSync(fault)
    end(0, { ok: true, healed: 'kill-member' })
  },
  'dcs-down': () => refuse('DRILL_UNHEALTHY', 'pg2 does not stream'),
  'repo-down': () => refuse('LOCKED', 'pgherd up is at work'),
  // holds its fault until it is asked to stop
  'kill-member': () => {
    process.once('SIGTERM', () => {
      rmSync(fault)
      refuse('INTERRUPTED', 'interrupted', 4)
    })
    makeFault()
    setInterval(() => undefined, 1000)
  },
  // holds its fault until it is told to end
  restore: () => {
    makeFault()
    setInterval(() => {
      if (!existsSync(join(drills, 'go'))) return
      rmSync(fault)
      succeed()
    }, 50)
  },
}
;(behaviours[name] ?? succeed)()
