// Run by a test as a process of its own: starts a base backup and kills itself in the middle of it.
import { openRepository } from '../../src/backup/repository/open-repository.ts'
import { openSealing } from '../../src/backup/sealing/registry.ts'
import { takeBaseBackup } from '../../src/backup/stream/base-backup.ts'
import { connectReplication } from '../../src/backup/stream/replication-connection.ts'

interface Assignment {
  readonly port: number
  readonly password: string
  readonly root: string
  readonly systemId: string
  readonly owner: { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string }
}

process.once('message', (message) => {
  void back(message as Assignment)
})

async function back({ port, password, root, systemId, owner }: Assignment): Promise<void> {
  const repository = await openRepository({
    root,
    systemId,
    name: 'test',
    sealing: openSealing('none', ''),
    owner,
  })
  let blocks = 0
  async function* lethal(source: AsyncIterable<Uint8Array>) {
    for await (const block of source) {
      if (++blocks > 20) process.kill(process.pid, 'SIGKILL')
      yield block
    }
  }
  await takeBaseBackup({
    connect: (signal) =>
      connectReplication(
        { host: '127.0.0.1', port, user: 'postgres', applicationName: 'test', password },
        signal,
      ),
    repository: {
      ...repository,
      store: (name, source, compression) => repository.store(name, lethal(source), compression),
    },
    compression: { algorithm: 'none', level: 0, at: 'client' },
    takenFrom: 'pg1',
    signal: new AbortController().signal,
    report: () => undefined,
    now: () => new Date(),
    waitForArchived: () => Promise.resolve(),
    onFinding: () => undefined,
  })
}
