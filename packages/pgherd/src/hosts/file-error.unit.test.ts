import { expect, test } from 'vitest'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { asFileFinding } from './file-error.ts'

const systemError = (code: string) => Object.assign(new Error(`${code}: something`), { code })

test.each([
  ['ENOSPC', 'DISK_FULL', 4],
  ['EDQUOT', 'DISK_FULL', 4],
  ['EACCES', 'FILE_DENIED', 4],
  ['EPERM', 'FILE_DENIED', 4],
  ['EROFS', 'FILE_SYSTEM_READ_ONLY', 4],
  ['ENOTDIR', 'PATH_IN_THE_WAY', 3],
  ['ELOOP', 'PATH_IN_THE_WAY', 3],
  ['EIO', 'FILE_FAILED', 4],
])('%s is the finding %s, with the path and a command', (code, expected, exitCode) => {
  const finding = asFileFinding(systemError(code), 'write', '/srv/db/file')
  expect(finding).toBeInstanceOf(DiagnosticError)
  const { diagnostics, exitCode: exit } = finding as DiagnosticError
  expect(diagnostics).toMatchObject([{ code: expected, mend: { kind: 'run' }, at: { file: '/srv/db/file' } }])
  expect(diagnostics[0]?.detail).toMatch(/^cannot write \/srv\/db\/file: /)
  expect(exit).toBe(exitCode)
})

test('anything that is no system error stays as it is', () => {
  for (const error of [
    new TypeError('a fault of ours'),
    systemError('ERR_INVALID_ARG_TYPE'),
    'text',
    undefined,
  ]) {
    expect(asFileFinding(error, 'write', '/srv')).toBe(error)
  }
})
