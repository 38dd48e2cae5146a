// Run by the tests as a process of its own, so that it can be killed: archives until then.
import { connectReplication } from '../../src/backup/stream/replication-connection.ts'
import { openRepository } from '../../src/backup/repository/open-repository.ts'
import { openSealing, type SealingKind } from '../../src/backup/sealing/registry.ts'
import { WalReceiver } from '../../src/backup/stream/wal-receiver.ts'

interface Assignment {
  readonly port: number
  readonly password: string
  readonly root: string
  readonly systemId: string
  readonly kind: SealingKind
  readonly key: string
  readonly synchronous: boolean
  readonly owner: { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string }
}

process.once('message', (message) => {
  void archive(message as Assignment)
})

async function archive({
  port,
  password,
  root,
  systemId,
  kind,
  key,
  synchronous,
  owner,
}: Assignment): Promise<void> {
  const repository = await openRepository({
    root,
    systemId,
    name: 'test',
    sealing: openSealing(kind, key),
    owner,
  })
  const receiver = new WalReceiver({
    connect: (signal) =>
      connectReplication(
        { host: '127.0.0.1', port, user: 'postgres', applicationName: 'pgherd_wal', password },
        signal,
      ),
    repository,
    compression: { algorithm: 'zstd', level: 1 },
    synchronous,
  })
  receiver.start()
  setInterval(() => process.send?.({ ...receiver.status(), rss: process.memoryUsage.rss() }), 100)
}
