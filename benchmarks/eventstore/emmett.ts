import { metadata, payload, type Contender } from './contender.ts'

/** As much of Emmett's interface as is used here: it is installed beside the benchmark only. */
interface EmmettStore {
  appendToStream(stream: string, events: readonly unknown[]): Promise<unknown>
  readStream(stream: string): Promise<{ events: readonly unknown[] }>
  consumer(): {
    reactor(options: { processorId: string; eachMessage: () => void }): unknown
    start(): Promise<void>
    close(): Promise<void>
  }
  schema: { migrate(): Promise<unknown> }
  close(): Promise<void>
}

/** Emmett for PostgreSQL from benchmarks/eventstore/node_modules. Throws when it is not installed there. */
export async function emmett(connectionString: string): Promise<Contender> {
  const peer = '@event-driven-io/emmett-postgresql'
  const { getPostgreSQLEventStore } = (await import(peer)) as {
    getPostgreSQLEventStore: (connection: string) => EmmettStore
  }
  const store = getPostgreSQLEventStore(connectionString)
  await store.schema.migrate()
  return {
    name: 'Emmett',
    append: (stream, count) =>
      store.appendToStream(
        stream,
        Array.from({ length: count }, () => ({ type: 'Ordered', data: payload, metadata })),
      ),
    read: async (stream) => (await store.readStream(stream)).events.length,
    catchUp: async (events) => {
      let count = 0
      let done: () => void = () => undefined
      const all = new Promise<void>((resolve) => (done = resolve))
      // a store of its own: closing the consumer ends the pool they share
      const consumer = getPostgreSQLEventStore(connectionString).consumer()
      const processorId = `catch-up-${performance.now()}`
      consumer.reactor({ processorId, eachMessage: () => void (++count === events && done()) })
      const running = consumer.start()
      await Promise.race([all, running])
      if (count < events) throw new Error(`Emmett stopped after ${count} of ${events} events`)
      // closed in the middle of its work it fails, which is what is wanted here
      running.catch(() => undefined)
      await consumer.close()
    },
    close: () => store.close(),
  }
}
