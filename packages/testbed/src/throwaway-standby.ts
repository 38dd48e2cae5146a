import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { ThrowawayServer } from './throwaway-server.ts'
import { unprivilegedAccount } from './unprivileged.ts'
import pg from 'pg'

/** A standby of a server, streaming, in the server's directory; stopped by its pid. */
export async function startStandby(
  server: ThrowawayServer,
): Promise<{ pool: pg.Pool; stop: () => Promise<void> }> {
  const { uid, gid } = unprivilegedAccount()
  const data = join(server.root, 'standby')
  const port = await freePort()
  const { host, user, password } = server.config()
  // a copy of the stopped server: the binaries from npm have no pg_basebackup
  await server.halt()
  execFileSync('cp', ['--archive', server.data, data])
  await server.launch()
  const primary = `host=${host} port=${server.port} user=${user} password=${String(password)}`
  appendFileSync(join(data, 'postgresql.conf'), `\nprimary_conninfo = '${primary}'\n`)
  writeFileSync(join(data, 'standby.signal'), '')
  chownSync(join(data, 'standby.signal'), uid, gid)
  const child = spawn(join(server.bin, 'postgres'), ['-D', data, '-p', String(port)], {
    uid,
    gid,
    env: { ...process.env, HOME: server.root },
    cwd: server.root,
    stdio: 'ignore',
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const pool = new pg.Pool({ ...server.config(), port })
  pool.on('error', () => undefined)
  for (let tries = 0; ; tries++) {
    try {
      await pool.query('select 1')
      break
    } catch (thrown) {
      if (tries === 200 || child.exitCode !== null) throw thrown
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    pool,
    stop: async () => {
      await pool.end()
      child.kill('SIGINT')
      await gone
    },
  }
}
