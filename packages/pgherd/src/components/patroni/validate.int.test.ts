import { execFile } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { promisify } from 'node:util'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { expect, test } from 'vitest'
import { serversOf, type Member } from '../../topology/topology.ts'
import { RenderedCluster } from '../rendered-cluster.testkit.ts'
import { patroni } from './component.ts'
import { patroniInput } from './patroni.testkit.ts'

const run = promisify(execFile)
const testdata = new URL('./testdata/', import.meta.url)
const program = '/usr/bin/patroni'

/** Stands in for etcd: Patroni's validator only looks whether somebody listens. */
async function listening({ address, ports }: Member): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(ports.etcdClient, address, resolve))
  return server
}

/** What `patroni --validate-config` says of a golden file whose paths and addresses are those of a real cluster. */
async function verdict(golden: string): Promise<readonly string[]> {
  expect(existsSync(program), `${program} is missing: apt-get install patroni`).toBe(true)
  await using stack = new AsyncDisposableStack()
  const cluster = stack.use(await RenderedCluster.create())
  const servers = serversOf(cluster.topology)
  for (const member of servers) {
    const server = await listening(member)
    stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
  }
  const input = cluster.input('pg2')
  const [file] = patroni.files(patroniInput('3.0.2'))
  if (!file) throw new Error('Patroni has a file')
  const state = cluster.topology.members.find(({ kind }) => kind === 'gateway')?.paths
  const contents = readFileSync(new URL(golden, testdata), 'utf8')
    .replaceAll('/srv/pgherd/state', state?.state ?? '')
    .replaceAll('/run/pgherd', state?.sockets ?? '')
    .replaceAll(/127\.0\.0\.1([123])\b/g, (_all, place: string) => servers[Number(place) - 1]?.address ?? '')
  const written = { ...file, path: `${input.member.paths.config}/patroni.yml`, contents }
  cluster.write(written)
  const [, ...argv] = patroni.validator?.(written, input) ?? []
  const { uid, gid } = unprivilegedAccount()
  try {
    const { stdout, stderr } = await run(program, argv, { uid, gid, cwd: '/' })
    return lines(stdout + stderr)
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return [`it ended with ${code}`, ...lines(stdout + stderr)]
  }
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

test.each(readdirSync(testdata).filter((name) => name.endsWith('.yml')))(
  'Patroni itself accepts the golden file %s',
  async (name) => {
    expect(await verdict(name)).toEqual([])
  },
)
