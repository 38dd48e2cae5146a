import type { SpecPath } from './path.ts'
import type { SecretReference, Spec } from './schema.ts'

/** Every file or directory a spec names, with where it names it. */
export function* filePathsOf(spec: Spec): Generator<{ readonly path: SpecPath; readonly value: string }> {
  const { binaries } = spec.postgres
  if (typeof binaries === 'object') yield { path: ['postgres', 'binaries', 'path'], value: binaries.path }
  for (const [kind, value] of Object.entries(spec.tls.certificate ?? {}))
    yield { path: ['tls', 'certificate', kind], value }
  const { repository, encryption } = spec.backups
  if (repository !== undefined) yield { path: ['backups', 'repository'], value: repository }
  for (const [name, { password }] of Object.entries(spec.roles))
    yield* fileOf(password, ['roles', name, 'password'])
  if (encryption !== 'none') yield* fileOf(encryption.key, ['backups', 'encryption', 'key'])
  yield* fileOf(spec.agent.token, ['agent', 'token'])
}

function* fileOf(reference: SecretReference, path: SpecPath): Generator<{ path: SpecPath; value: string }> {
  if ('file' in reference) yield { path: [...path, 'file'], value: reference.file }
}

/** The spec with every path made absolute by `resolve`; what a path is relative to is the caller's to say. */
export function withPaths(spec: Spec, resolve: (path: string) => string): Spec {
  const secret = (reference: SecretReference): SecretReference =>
    'file' in reference ? { file: resolve(reference.file) } : reference
  const { binaries } = spec.postgres
  const { certificate } = spec.tls
  const { repository, encryption } = spec.backups
  return {
    ...spec,
    postgres: {
      ...spec.postgres,
      binaries: typeof binaries === 'object' ? { path: resolve(binaries.path) } : binaries,
    },
    roles: Object.fromEntries(
      Object.entries(spec.roles).map(([name, role]) => [name, { ...role, password: secret(role.password) }]),
    ),
    tls: {
      ...spec.tls,
      ...(certificate && {
        certificate: {
          cert: resolve(certificate.cert),
          key: resolve(certificate.key),
          ca: resolve(certificate.ca),
        },
      }),
    },
    backups: {
      ...spec.backups,
      ...(repository !== undefined && { repository: resolve(repository) }),
      encryption: encryption === 'none' ? encryption : { key: secret(encryption.key) },
    },
    agent: { ...spec.agent, token: secret(spec.agent.token) },
  }
}
