#!/usr/bin/env node
// Plain JavaScript for any Node: a system Node that is too old hands over to the one from npm.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const major = Number(process.versions.node.split('.')[0])

if (major < 24) {
  let node
  try {
    node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  } catch {
    console.error(
      `pgherd needs Node 24 or newer, this is ${process.versions.node}. Mend: npm install node@24`,
    )
    process.exit(4)
  }
  const { status, signal } = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exit(signal ? 128 + constants.signals[signal] : (status ?? 4))
}

// node:sqlite is a release candidate in Node 24 and warns at each start; nothing else is silenced.
const warnings = process.listeners('warning')
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return
  for (const listener of warnings) listener(warning)
})
// not imported above: an old Node could not
const { load } = await import('./program.js')
const { main } = await load('main')
await main(process.argv.slice(2))
