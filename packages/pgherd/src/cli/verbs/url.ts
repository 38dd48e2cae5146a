import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Verb } from '../command.ts'
import { componentEndpoint, componentUrl } from '../component-url.ts'
import { connectionUrl, endpointOf } from '../connection-url.ts'
import { openSession, type Session } from '../session.ts'
import { textOption } from '../option.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const wanted = { role: textOption(options, 'role'), database: textOption(options, 'database') }
  const component = textOption(options, 'component')
  if (component !== undefined && (wanted.role !== undefined || wanted.database !== undefined)) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail: 'a role and a database are those of PostgreSQL, so they do not go with --component',
        mend: mend.run('pgherd', 'url', '--component', component),
      }),
    )
  }
  const session = await openSession(globals, { savedSpec: true })
  const document =
    component === undefined ? await ofRole(session, wanted) : await ofComponent(session, component)
  output.line(document.url)
  output.document(document)
  return exitCodes.done
}

async function ofRole(session: Session, wanted: { role?: string; database?: string }) {
  const endpoint = endpointOf(session.spec, wanted, session.server)
  const url = connectionUrl(endpoint, await session.readSecret(roleSecretId(endpoint.role)))
  const { ca, role, database, host, port } = endpoint
  return { url, ca, component: 'postgres', role, database, host, port }
}

async function ofComponent(session: Session, name: string) {
  const endpoint = componentEndpoint(session.topology, session.member, name)
  const url = componentUrl(endpoint, await session.readSecret(endpoint.secret))
  const { component, role, database, host, port } = endpoint
  return { url, ca: session.server.ca, component, role, database, host, port }
}
