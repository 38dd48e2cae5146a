import { createServer } from 'node:net'

/** True when somebody listens on the port already, found by trying to listen there oneself for a moment. */
export function portTaken(port: number, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true)
      // an address this machine lacks, or a port it may not use, is told by the program itself with its own words
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen({ port, host: address === '*' ? '0.0.0.0' : address, exclusive: true }, () =>
      server.close(() => resolve(false)),
    )
  })
}
