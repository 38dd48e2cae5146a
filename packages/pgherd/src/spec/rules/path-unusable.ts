import { mend } from '../../diagnostic/diagnostic.ts'
import { filePathsOf } from '../file-paths.ts'
import { shownPath } from '../path.ts'
import type { SpecRule } from './rule.ts'

export const pathUnusable: SpecRule = {
  id: 'path-unusable',
  why: 'The operating system cannot open the path, or would open another one than meant.',
  *examine(spec) {
    for (const { path, value } of filePathsOf(spec)) {
      const fault = /\p{Cc}/u.test(value)
        ? 'has a control character'
        : value.startsWith('~')
          ? 'begins with ~, which only a shell replaces by your home directory'
          : /^[a-z][a-z0-9+.-]+:\/\//i.test(value)
            ? 'is a URL, not a path on this machine'
            : undefined
      if (fault === undefined) continue
      yield {
        code: 'SPEC_INVALID',
        detail: `${shownPath(path)} ${fault}`,
        mend: mend.advice('write a path from the root (/...) or relative to the spec file'),
        path,
      }
    }
  },
  examples: {
    good: { name: 'a', backups: { repository: '/srv/backups' }, agent: { token: { file: 'secrets/token' } } },
    bad: [
      { spec: { name: 'a', backups: { repository: '~/backups' } }, at: 'backups.repository' },
      { spec: { name: 'a', backups: { repository: 's3://bucket/x' } }, at: 'backups.repository' },
      {
        spec: { name: 'a', roles: { m: { access: 'monitor', password: { file: 'a\0b' } } } },
        at: 'roles.m.password.file',
      },
    ],
  },
}
