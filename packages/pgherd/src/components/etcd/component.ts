import type { Component, RenderedFile, RenderInput, Unit } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderEtcdYml, type EtcdClusterState } from './etcd-yml.ts'

/** Where the cluster agrees on who is primary; one on every server. */
export const etcd: Component = {
  name: 'etcd',
  runsOn: ({ kind }) => kind === 'server',
  files: (input) => [etcdFile(input, 'new')],
  units: (input) => [etcdUnit(input)],
}

/** etcd.yml; `existing` for a member that joins a running cluster, before it is started for the first time. */
export function etcdFile(input: RenderInput, state: EtcdClusterState): RenderedFile {
  const path = `${input.member.paths.config}/etcd.yml`
  const contents = renderEtcdYml(input, state)
  return {
    path,
    contents,
    mode: 0o600,
    owner: 'run-as',
    secret: false,
    digest: digestOf(path, contents),
    onChange: 'restart',
    unit: 'etcd',
  }
}

function etcdUnit({ member: { paths }, facts }: RenderInput): Unit {
  return {
    name: 'etcd',
    argv: [facts.programs.etcd?.path ?? '/usr/bin/etcd', '--config-file', `${paths.config}/etcd.yml`],
    env: { HOME: facts.runAs.home, PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    workingDirectory: paths.state,
    user: 'run-as',
    after: [],
    // A leader hands over before it ends, which takes more than half a second (measured).
    stop: { signal: 'SIGTERM', timeoutSeconds: 15, thenSignal: 'SIGKILL' },
    logFile: `${paths.logs}/etcd.log`,
  }
}
