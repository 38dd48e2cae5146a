/** A store as the benchmark uses it: the same work through each one's public interface. */
export interface Contender {
  readonly name: string
  /** Appends events of about 1 KB to a stream, whatever its version. */
  append(stream: string, count: number): Promise<unknown>
  /** Reads a whole stream into objects; how many events it has. */
  read(stream: string): Promise<number>
  /** Handles everything there is from the beginning; resolves after this many events. */
  catchUp(events: number): Promise<void>
  close(): Promise<void>
}

/** About 1 KB of JSON, and about 170 bytes of metadata. */
export const payload = {
  order: '4711',
  customer: 'c-0815',
  note: 'lorem ipsum dolor sit amet '.repeat(34),
  lines: [{ sku: 'a-1', quantity: 2, price: 1999 }],
}
export const metadata = {
  correlationId: '0192f0c1-0000-7000-8000-000000000000',
  causationId: '0192f0c1-0000-7000-8000-000000000001',
  userId: 'ann',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
}
