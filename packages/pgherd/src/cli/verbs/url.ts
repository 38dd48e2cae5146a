import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Verb } from '../command.ts'
import { connectionUrl, endpointOf } from '../connection-url.ts'
import { openSession } from '../session.ts'
import { textOption } from '../option.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const session = await openSession(globals, { savedSpec: true })
  const endpoint = endpointOf(
    session.spec,
    { role: textOption(options, 'role'), database: textOption(options, 'database') },
    session.server,
  )
  const url = connectionUrl(endpoint, await session.readSecret(roleSecretId(endpoint.role)))
  output.line(url)
  output.document({
    url,
    ca: endpoint.ca,
    role: endpoint.role,
    database: endpoint.database,
    host: endpoint.host,
    port: endpoint.port,
  })
  return exitCodes.done
}
