import type { Component, RenderedFile, RenderInput } from '../component.ts'
import { digestOf } from '../digest.ts'
import { renderAwaitPrimary } from './await-primary-lua.ts'
import { heldSeconds, renderHaproxyCfg, runtimeSocket } from './haproxy-cfg.ts'

const debianPath = '/usr/sbin/haproxy'

/** The router: sends sessions to the member with the right role, as Patroni of each member says. */
export const haproxy: Component = {
  name: 'haproxy',
  runsOn: ({ kind }) => kind === 'gateway',
  files(input) {
    const file = (name: string, contents: string, secret: boolean): RenderedFile => {
      const path = `${input.member.paths.config}/${name}`
      return {
        path,
        contents,
        mode: 0o600,
        owner: 'run-as',
        secret,
        digest: digestOf(path, contents),
        onChange: 'reload',
        unit: 'haproxy',
      }
    }
    return [
      file('haproxy.lua', renderAwaitPrimary(heldSeconds(input), runtimeSocket(input.member)), false),
      file('haproxy.cfg', renderHaproxyCfg(input), true),
    ]
  },
  units({ member: { paths }, facts }) {
    return [
      {
        name: 'haproxy',
        // Master and worker: a reload starts a new worker that takes over the listening sockets, and a bad
        // configuration leaves the old one at work (management manual, chapter 4). The master keeps its pid.
        argv: [facts.programs.haproxy?.path ?? debianPath, '-W', '-f', `${paths.config}/haproxy.cfg`],
        env: {
          HOME: facts.runAs.home,
          PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/bin',
          LC_ALL: 'C',
        },
        workingDirectory: paths.state,
        user: 'run-as',
        after: [],
        stop: { signal: 'SIGTERM', timeoutSeconds: 10, thenSignal: 'SIGKILL' },
        reload: { signal: 'SIGHUP' },
        logFile: `${paths.logs}/haproxy.log`,
      },
    ]
  },
  /** Reads the file and what it refers to: the certificate, the CA and haproxy.lua must be there. */
  validator: (file, { facts }: RenderInput) =>
    file.path.endsWith('/haproxy.cfg')
      ? [facts.programs.haproxy?.path ?? debianPath, '-c', '-f', file.path]
      : undefined,
}
